//! `serve` is the command where none is named.

use std::ffi::OsString;

use clap::{Command, CommandFactory as _};

use super::Cli;

/// The arguments with `serve` put in where no command is named and no help is asked for.
pub(crate) fn with_default_command(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let top = Cli::command();
    let serve = top.find_subcommand("serve").expect("serve is a command");
    let given = args.iter().skip(1).map(|arg| arg.to_string_lossy());
    let mut is_value = false;
    for arg in given {
        let asks_for_help = matches!(&*arg, "-h" | "--help" | "-V" | "--version");
        // What is no option and no option's value is a command, known or not.
        if !is_value && (asks_for_help || !arg.starts_with('-')) {
            return args;
        }
        is_value = !is_value && takes_value(&[&top, serve], &arg);
    }
    args.insert(args.len().min(1), "serve".into());
    args
}

fn takes_value(commands: &[&Command], option: &str) -> bool {
    let Some(name) = option.strip_prefix("--") else { return false };
    let mut known = commands.iter().flat_map(|command| command.get_arguments());
    // `--name=value` carries its value with it and is found under no name.
    known.any(|arg| arg.get_long() == Some(name) && arg.get_action().takes_values())
}
