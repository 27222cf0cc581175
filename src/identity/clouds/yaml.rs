//! The text of a YAML file to its [`Node`]: one document, anchors and merge keys resolved as PyYAML's safe loader does.

use super::node::{Entry, File, Map, Node, Place, Value};
use super::scalar;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use std::collections::BTreeMap;
use std::rc::Rc;
use zeroize::Zeroizing;

/// Deeper than this nothing of a login stands.
const DEEPEST: usize = 50;

/// Why a text is no YAML, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// Without a value from the file.
    pub why: String,
}

/// Reads the one document of a file; an empty file is [`Value::Null`].
///
/// # Errors
/// [`Fault`] for what PyYAML's safe loader does not take either.
pub fn read(text: &str, file: File) -> Result<Node, Fault> {
    let mut reader = Reader { file, parser: Parser::new_from_str(text), anchors: BTreeMap::new() };
    let mut document = None;
    loop {
        match reader.next()? {
            (Event::DocumentStart(_), span) if document.is_some() => {
                return Err(fault(&span, "a second document begins here"));
            }
            (Event::StreamEnd, _) => break,
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
            (event, span) => document = Some(reader.node(event, &span, 0)?),
        }
    }
    Ok(document.map_or(Node { place: Place { file, line: 1 }, value: Value::Null }, Rc::unwrap_or_clone))
}

fn fault(span: &Span, why: &str) -> Fault {
    Fault { line: span.start.line(), why: why.to_owned() }
}

struct Reader<'t> {
    file: File,
    parser: Parser<'t, StrInput<'t>>,
    anchors: BTreeMap<usize, Rc<Node>>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            // The parser's own words hold no text of the file.
            Some(Err(error)) => Err(Fault { line: error.marker().line(), why: error.info().to_owned() }),
            None => Ok((Event::StreamEnd, Span::empty(saphyr_parser::Marker::new(0, 1, 0)))),
        }
    }

    fn place(&self, span: &Span) -> Place {
        Place { file: self.file, line: span.start.line() }
    }

    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Rc<Node>, Fault> {
        if depth > DEEPEST {
            return Err(fault(span, "nested too deeply"));
        }
        let place = self.place(span);
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                return self.anchors.get(&anchor).cloned().ok_or_else(|| fault(span, "an alias of what it is part of"));
            }
            Event::Scalar(text, style, anchor, tag) => (anchor, value(&text, style, tag.as_deref(), span)?),
            Event::SequenceStart(anchor, _) => (anchor, Value::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Value::Map(self.map(depth)?)),
            _ => return Err(fault(span, "expected a value")),
        };
        let node = Rc::new(Node { place, value });
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Rc<Node>>, Fault> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(list),
                (event, span) => list.push(self.node(event, &span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Map, Fault> {
        let (mut merged, mut own) = (Map::default(), Vec::new());
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, &span, depth + 1)?;
            let (event, value_span) = self.next()?;
            let node = self.node(event, &value_span, depth + 1)?;
            match is_merge {
                true => merge(&mut merged, &node, &value_span)?,
                false => own.push(Entry { key: text_of(&key, &span)?, place: self.place(&span), node }),
            }
        }
        // What the mapping has itself counts before what is merged into it.
        for entry in own {
            merged.put(entry);
        }
        Ok(merged)
    }
}

/// The key, if it is text. PyYAML takes no list and no mapping as one.
fn text_of(key: &Node, span: &Span) -> Result<Option<String>, Fault> {
    match &key.value {
        Value::Text(text) => Ok(Some(text.to_string())),
        Value::List(_) | Value::Map(_) => Err(fault(span, "a list or a mapping is no key")),
        _ => Ok(None),
    }
}

/// `<<: *other` and `<<: [*one, *other]`.
fn merge(into: &mut Map, node: &Node, span: &Span) -> Result<(), Fault> {
    match &node.value {
        Value::Map(map) => into.update(map),
        Value::List(list) => {
            // The first of them counts most, as YAML has it and most releases of PyYAML have it.
            for node in list.iter().rev() {
                into.update(node.map().ok_or_else(|| fault(span, "expected a mapping after `<<`"))?);
            }
        }
        _ => return Err(fault(span, "expected a mapping after `<<`")),
    }
    Ok(())
}

fn value(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, Fault> {
    let as_text = || Value::Text(Zeroizing::new(text.to_owned()));
    let core = tag.map(|tag| (tag.handle.as_str(), tag.suffix.as_str()));
    match core {
        None if style == ScalarStyle::Plain => Ok(scalar::plain(text)),
        None | Some(("", "!") | ("!", "")) | Some(("tag:yaml.org,2002:", "str")) => Ok(as_text()),
        Some(("tag:yaml.org,2002:", "null" | "bool" | "int" | "float")) => Ok(scalar::plain(text)),
        Some(("tag:yaml.org,2002:", _)) => Ok(Value::Other),
        Some(_) => Err(fault(span, "a tag that is not YAML's own")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str, path: &[&str]) -> String {
        let mut node = Rc::new(read(text, File::Clouds).expect("YAML"));
        for key in path {
            let next = node.map().and_then(|map| map.get(key)).expect("the key").clone();
            node = next;
        }
        match &node.value {
            Value::Text(text) => format!("{} in line {}", **text, node.place.line),
            other => format!("{} in line {}", other.kind(), node.place.line),
        }
    }

    #[test]
    fn lines_anchors_and_merges() {
        let text = "base: &b\n  user: me\n  where: here\nlab:\n  <<: *b\n  where: there\n  again: *b\n";
        assert_eq!(get(text, &["lab", "user"]), "me in line 2");
        assert_eq!(get(text, &["lab", "where"]), "there in line 6");
        assert_eq!(get(text, &["lab", "again", "where"]), "here in line 3");
        assert_eq!(get("a: !!str 12", &["a"]), "12 in line 1");
        assert_eq!(get("a: '12'\nb: \"x\\ty\"", &["b"]), "x\ty in line 2");
        assert_eq!(get("a: 1\na: x\n", &["a"]), "x in line 2");
        assert_eq!(get("{\"a\": {\"b\": \"c\\/d\"}}", &["a", "b"]), "c/d in line 1");
        assert_eq!(get("%YAML 1.1\n---\na: x\n...\n", &["a"]), "x in line 3");
    }

    #[test]
    fn what_pyyaml_refuses_is_refused_with_its_line() {
        let line = |text: &str| read(text, File::Clouds).map(|_| ()).expect_err(text).line;
        assert_eq!(line("a: b\nc: [1,\n"), 3);
        assert_eq!(line("a: 1\n---\nb: 2\n"), 2);
        assert_eq!(line("a: 1\nb: !ENV x\n"), 2);
        assert_eq!(line("a: 1\n<<: 3\n"), 2);
        assert_eq!(line("a: &a [*a]\n"), 1);
        assert_eq!(line(&format!("a: {}", "[".repeat(100))), 1);
        assert!(read("", File::Clouds).is_ok_and(|node| matches!(node.value, Value::Null)));
    }
}
