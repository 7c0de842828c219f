//! The values given for a server, the same when one is added and when one is edited; secrets are read in the order of the
//! flags, a line of standard input each.

use std::path::PathBuf;

use clap::{ArgMatches, Args};

use crate::args::{AnyCommand, Cli};
use crate::commands::clients::FromFlags;
use crate::failure::CommandFailure;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["url", "stdio", "from"]))]
pub(crate) struct Add {
    /// http(s)://host[:port][/path]; the MCP path is found by probing
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) from: FromFlags,
    #[command(flatten)]
    pub(crate) given: GivenFlags,
}

#[derive(Debug, Args)]
pub(crate) struct EditOptions {
    /// An id, or a name that only one server has
    pub(crate) id: String,
    /// Another address: http(s)://host[:port][/path]
    #[arg(long, conflicts_with = "stdio")]
    pub(crate) url: Option<String>,
    /// What to remove: token, header:NAME, query:NAME, env:NAME, cwd
    #[arg(long, value_name = "WHAT")]
    pub(crate) without: Vec<String>,
    /// Give the values of its environment to the new command as well; otherwise it does not get them
    #[arg(long, requires = "stdio")]
    pub(crate) keep_env: bool,
    #[command(flatten)]
    pub(crate) given: GivenFlags,
}

/// The flags of both.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct GivenFlags {
    /// A name [default: what the server calls itself]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Data of your own, such as region=eu or priority=8 (a value that is JSON is read as JSON)
    #[arg(long, value_name = "KEY=JSON")]
    pub(crate) metadata: Vec<String>,
    /// A tag that callers can ask for
    #[arg(long, value_name = "TAG")]
    pub(crate) capability: Vec<String>,
    /// The environment variable that holds the server's bearer token
    #[arg(long, value_name = "VAR")]
    pub(crate) token_env: Option<String>,
    /// Keep the server's bearer token: `-` asks for it, or reads it from standard input
    #[arg(long, value_name = "-", conflicts_with_all = ["token_env", "stdio"])]
    pub(crate) token: Option<String>,
    /// Keep a header of its requests, such as X-API-Key=-: `-` asks for its value, or reads it from standard input
    #[arg(long, value_name = "NAME=-", conflicts_with = "stdio")]
    pub(crate) header: Vec<String>,
    /// Trust only the certificate with this SHA-256, whoever issued it; any other is refused
    ///
    /// Without it, a certificate that is not trusted is printed. With it, the names and dates of the certificate are not
    /// checked: you accepted exactly this one.
    #[arg(long, value_name = "FINGERPRINT", conflicts_with_all = ["stdio", "ca", "system_trust"])]
    pub(crate) trust_certificate: Option<String>,
    /// A file (PEM) with the only CA that is trusted for the server's certificate
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stdio", "system_trust"])]
    pub(crate) ca: Option<PathBuf>,
    /// Trust the CAs that this computer trusts, and no others: the default; `edit` goes back to it with this
    #[arg(long, conflicts_with = "stdio")]
    pub(crate) system_trust: bool,
    /// Allow secrets to be sent over plain http beyond this computer, where anyone on the network path can read them
    #[arg(long)]
    pub(crate) in_clear: bool,
    /// A header of its requests, and the environment variable that holds its value
    #[arg(long, value_name = "HEADER=VAR")]
    pub(crate) header_env: Vec<String>,
    /// Keep a key that belongs in the query of its URL, such as apiKey=-: `-` asks for it, or reads it from standard input
    ///
    /// A URL that has one already can be given as it is: what looks like a key is taken out of it and kept. For several `-`
    /// you are asked one after the other; standard input has a line for each, in the order of the flags.
    #[arg(long, value_name = "NAME=-", conflicts_with = "stdio")]
    pub(crate) query: Vec<String>,
    /// An environment variable of the command: NAME=- keeps its value, NAME takes that of this program's environment
    #[arg(long, value_name = "NAME=-")]
    pub(crate) env: Vec<String>,
    /// The folder in which the command starts [default: that of this program]
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// Keep the command running while it is not used; `=false` lets it stop again [default: it stops while it is not used]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) keep_running: Option<bool>,
    /// Add it without contacting it
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Change nothing: only check it, and print each step and the result
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The secrets to ask for, in the order of the flags
    #[arg(skip)]
    pub(crate) asked: Vec<AskedSecret>,
    /// A server that is a command: the program and its arguments, up to the end of the line
    #[arg(long, value_name = "CMD", num_args = 1.., allow_hyphen_values = true)]
    pub(crate) stdio: Option<Vec<String>>,
}

/// A secret to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskedSecret {
    Token,
    Header(String),
    Query(String),
    Env(String),
    /// A value for a placeholder of a client's entry.
    Fill(String),
}

/// Puts it into the arguments.
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
