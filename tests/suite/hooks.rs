//! What the hooks of all shells promise, each written once and asked of each shell, against a fake `ostoken`: what a
//! user of the shell can see. `Kind` knows how a shell says it; what only one shell has stands in `hooks_bash`,
//! `hooks_zsh`, `hooks_fish` or `hooks_powershell`.

mod asking;
pub mod customs;
mod exported;
mod hostile;
mod kind;
pub mod loading;
mod troubles;

pub use kind::Kind;

/// Makes a test of each of these functions, for this shell.
macro_rules! tests {
    ($kind:ident: $($part:ident { $($test:ident)+ })+) => {
        $($(#[test] fn $test() { super::$part::$test(super::Kind::$kind); })+)+
    };
}

macro_rules! of_every_shell {
    ($kind:ident) => {
        tests! { $kind:
            exported {
                the_token_is_exported_and_the_user_domain_unset
                a_fresh_token_makes_no_call_at_any_prompt
                a_fast_prompt_costs_at_most_a_twentieth_of_a_process
            }
            asking {
                a_lease_that_is_gone_makes_exactly_one_call_at_the_prompt
                a_due_refresh_makes_exactly_one_call
                another_project_makes_one_call
                every_variable_that_a_token_depends_on_makes_one_call
                the_same_openrc_sourced_again_makes_one_call_and_its_domain_goes_again
                a_session_that_was_cleared_takes_the_token_along_and_leaves_nothing
                without_a_session_nothing_is_ever_called
                what_the_program_says_to_restore_is_restored
            }
            troubles {
                a_failure_leaves_the_environment_alone_and_is_not_repeated_at_once
                a_failed_renewal_keeps_the_token_there_is
                a_message_is_said_once_and_its_kind_handed_back
                a_program_that_is_gone_is_named_once
            }
            loading {
                off_says_that_a_scrubbed_password_is_not_put_back
                use_makes_a_file_the_environment_and_refreshes_at_once
            }
            hostile {
                another_cloud_loses_the_token_whatever_comes_of_the_question
                our_token_with_more_behind_it_goes_too
                an_older_token_of_ours_is_known_when_it_comes_back
                a_mark_that_somebody_changed_is_set_again
                a_copy_of_the_token_goes_with_it
                a_token_of_the_users_own_stays_and_is_not_called_ours
                a_token_put_over_ours_makes_one_call_without_own
                a_child_shell_keeps_a_token_that_no_mark_calls_ours
                values_that_moved_to_another_variable_are_another_environment
            }
        }
    };
}

// PowerShell has no $PIPESTATUS, no direnv and no trace like theirs, and is asked about its terminal in
// `hooks_powershell::terminal`.
macro_rules! of_unix_shells {
    ($kind:ident) => {
        tests! { $kind:
            exported {
                no_variable_of_the_hook_is_exported_and_the_token_has_no_second_copy
                a_fast_prompt_starts_no_process
                status_and_pipestatus_are_the_commands_own_at_fast_and_slow_prompts
                hooks_before_and_after_see_the_commands_own_status
            }
            asking {
                a_child_shell_asks_once_and_can_take_the_export_back
                with_direnv_the_token_comes_and_goes_with_the_folder
            }
            troubles {
                an_interrupt_gives_the_prompt_at_once_and_no_second_call
                what_is_typed_ahead_is_kept
                tracing_never_shows_the_token
            }
            loading {
                use_of_a_file_that_cannot_be_read_changes_nothing
            }
        }
    };
}

macro_rules! of_bash_and_zsh {
    ($kind:ident) => {
        tests! { $kind:
            asking {
                a_clock_that_went_back_counts_as_due
            }
            loading {
                in_a_script_the_hook_is_inert_and_silent_and_use_works
            }
            customs {
                errexit_does_not_end_the_shell_at_the_prompt
                aliases_and_functions_with_the_names_of_builtins_do_no_harm
                read_only_variables_with_short_names_do_no_harm
            }
        }
    };
}

mod bash {
    of_every_shell!(Bash);
    of_unix_shells!(Bash);
    of_bash_and_zsh!(Bash);
}

mod zsh {
    of_every_shell!(Zsh);
    of_unix_shells!(Zsh);
    of_bash_and_zsh!(Zsh);
    tests! { Zsh: asking { the_next_command_after_an_idle_time_has_the_new_token } }
}

mod fish {
    of_every_shell!(Fish);
    of_unix_shells!(Fish);
    tests! { Fish: asking { the_next_command_after_an_idle_time_has_the_new_token } }
}

mod powershell {
    of_every_shell!(PowerShell);
    tests! { PowerShell: asking { a_clock_that_went_back_counts_as_due } }
}
