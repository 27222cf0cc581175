/* A command that ends with 5 at Ctrl-C, after it said so, and with 1 if none comes in half a minute. */
#include <stdio.h>
#include <windows.h>

static HANDLE interrupted;

static BOOL WINAPI on_event(DWORD event) {
  SetEvent(interrupted);
  return event == CTRL_C_EVENT;
}

int main(void) {
  interrupted = CreateEventA(NULL, TRUE, FALSE, NULL);
  SetConsoleCtrlHandler(on_event, TRUE);
  /* In one piece each: a console is else written to letter by letter. */
  setvbuf(stdout, NULL, _IOFBF, 64);
  puts("waiting");
  fflush(stdout);
  if (WaitForSingleObject(interrupted, 30000) != WAIT_OBJECT_0) return 1;
  puts("interrupted");
  fflush(stdout);
  return 5;
}
