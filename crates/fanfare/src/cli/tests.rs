use clap::{CommandFactory as _, error::ErrorKind};

use super::*;

fn parsed(args: &[&str]) -> Result<Cli, ErrorKind> {
    let args = std::iter::once("fanfare").chain(args.iter().copied()).map(Into::into);
    Cli::try_parse_from(with_default_command(args)).map_err(|error| error.kind())
}

fn serves(args: &[&str]) -> bool {
    matches!(parsed(args).map(|cli| cli.command), Ok(Command::Serve(_)))
}

#[test]
fn serve_is_the_command_where_none_is_named() {
    assert!(serves(&[]));
    assert!(serves(&["--listen", "127.0.0.1:0"]));
    assert!(serves(&["--data", "env", "--log-level=debug"]));
    assert!(serves(&["--log-level", "debug", "serve", "--data", "x"]));
}

#[test]
fn other_commands_and_help_are_left_alone() {
    assert!(matches!(parsed(&["env", "list"]).unwrap().command, Command::Env(_)));
    assert!(matches!(parsed(&["--log-level", "debug", "doctor"]).unwrap().command, Command::Doctor(_)));
    assert_eq!(parsed(&["--help"]).unwrap_err(), ErrorKind::DisplayHelp);
    assert_eq!(parsed(&["serv"]).unwrap_err(), ErrorKind::InvalidSubcommand);
    assert_eq!(parsed(&["--retention-days", "0"]).unwrap_err(), ErrorKind::ValueValidation);
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

/// The help of every command, as somebody with a terminal of 100 columns reads it.
#[test]
fn help_says_units_and_defaults() {
    let mut top = Cli::command().term_width(100);
    top.build();
    let mut texts = Vec::new();
    collect(&mut top, &mut texts);
    insta::assert_snapshot!(texts.join("\n----\n"));
}

fn collect(command: &mut clap::Command, texts: &mut Vec<String>) {
    if command.get_name() == "help" {
        return;
    }
    texts.push(command.render_long_help().to_string());
    for sub in command.get_subcommands_mut() {
        collect(sub, texts);
    }
}
