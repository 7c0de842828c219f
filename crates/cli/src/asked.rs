//! Which secrets `add` and `edit` ask for, and in which order: that of the flags, so that lines of standard input can follow it.

use clap::ArgMatches;

use crate::args::{AnyCommand, Cli};
use crate::failure::CommandFailure;
use crate::given::{AskedSecret, GivenFlags};

/// Notes it in the arguments.
pub(crate) fn in_order(cli: &mut Cli, matches: &ArgMatches) -> Result<(), CommandFailure> {
    let (given, fill, matches) = match (&mut cli.command, matches.subcommand()) {
        (AnyCommand::Add(args), Some(("add", matches))) => {
            (&mut args.given, args.from.fill.as_slice(), matches)
        }
        (AnyCommand::Edit(args), Some(("edit", matches))) => (&mut args.given, &[][..], matches),
        _ => return Ok(()),
    };
    given.asked = asked(given, fill, matches)?;
    Ok(())
}

fn asked(
    args: &GivenFlags,
    fill: &[String],
    matches: &ArgMatches,
) -> Result<Vec<AskedSecret>, CommandFailure> {
    let places = |flag: &str| matches.indices_of(flag).into_iter().flatten();
    let mut asked = Vec::new();
    if let Some(token) = args.token.as_deref() {
        if token != "-" {
            return Err(open("a token", "--token -"));
        }
        asked.extend(places("token").map(|place| (place, AskedSecret::Token)));
    }
    for (pair, place) in args.header.iter().zip(places("header")) {
        let name = pair.strip_suffix("=-").ok_or_else(|| open("a header", "--header NAME=-"))?;
        asked.push((place, AskedSecret::Header(name.to_owned())));
    }
    for (pair, place) in args.query.iter().zip(places("query")) {
        let name = pair.strip_suffix("=-").ok_or_else(|| open("a key", "--query NAME=-"))?;
        asked.push((place, AskedSecret::Query(name.to_owned())));
    }
    for (pair, place) in args.env.iter().zip(places("env")) {
        match pair.split_once('=') {
            None => {}
            Some((name, "-")) => asked.push((place, AskedSecret::Env(name.to_owned()))),
            Some(_) => return Err(open("a value of the environment", "--env NAME=-")),
        }
    }
    if !fill.is_empty() {
        for (pair, place) in fill.iter().zip(places("fill")) {
            let name = pair.strip_suffix("=-").ok_or_else(|| open("a value", "--fill PLACEHOLDER=-"))?;
            asked.push((place, AskedSecret::Fill(name.to_owned())));
        }
    }
    asked.sort_by_key(|(place, _)| *place);
    Ok(asked.into_iter().map(|(_, asked)| asked).collect())
}

fn open(what: &str, flag: &str) -> CommandFailure {
    CommandFailure::usage(format!(
        "{what} among the arguments can be read by every program: write `{flag}` and give it when asked, or over standard input"
    ))
}
