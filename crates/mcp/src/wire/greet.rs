//! The handshake with a server: its era and its identity. Scans, checks and sessions start here, so that whatever one of
//! them calls MCP the others can use.

use std::future::Future;
use std::sync::Arc;

use http::HeaderValue;
use model::Era;
use serde_json::value::RawValue;

use super::answer::{Answer, NoAnswer};
use super::frail::may_be_left;
use super::id::Id;
use super::list::{List, page};
use super::message::Reply;
use super::refusal::refusal;
use super::terms::{self, LEGACY, MODERN, Params, Question, SESSION_ID, Terms};
use super::verdict::{self, Discovered, Initialized, Introduction, Other};

/// Carries a request to a server and its answer back.
pub(crate) trait Carry: Send {
    /// One request, one answer. Sessions that a server opens for it are the carrier's to end.
    fn ask(&mut self, question: &Question) -> impl Future<Output = Result<Answer, NoAnswer>> + Send;
}

/// A server after the handshake.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) terms: Terms,
    pub(crate) said: Introduction,
    /// Whether ending its session is harmless.
    pub(crate) may_be_left: bool,
    /// It reports nothing about itself before it gets more capabilities; which ones.
    pub(crate) reserve: Option<&'static str>,
}

/// The result of the handshake.
#[derive(Debug)]
pub(crate) enum Greeting {
    Met(Box<Met>),
    /// MCP, but only revisions that are not supported here.
    Stranger(Vec<String>),
    /// It refuses the handshake, in JSON-RPC.
    Error {
        code: i64,
        message: String,
    },
    /// Not MCP, or it refuses us; and the answer that shows it.
    Other(Other, Box<Answer>),
    /// It did not answer.
    NoAnswer(NoAnswer),
}

impl Greeting {
    /// The better of two results: this one, if it found a server or reveals more; else the former. A request to sign in
    /// reveals more than an unknown method.
    fn met_or(self, before: Self) -> Self {
        match (&self, &before) {
            (Self::Met(_) | Self::Stranger(_), _) => self,
            (
                _,
                Self::Stranger(_) | Self::Other(Other::Refused(_) | Other::Redirect(_) | Other::WantsTls, _),
            ) => before,
            (Self::Error { .. } | Self::Other(Other::Refused(_), _), _) => self,
            _ => before,
        }
    }
}

/// What is known before the first request.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The result of an earlier handshake.
    pub(crate) era: Option<Era>,
    /// The declared capabilities, in JSON.
    pub(crate) capabilities: Arc<str>,
    /// Whether the user or a record says that it is a server: `initialize` is tried whatever the first answer was.
    pub(crate) insists: bool,
}

impl Known {
    /// For this era, if that is known.
    pub(crate) fn era(era: Option<Era>) -> Self {
        Self { era, capabilities: terms::NOTHING.into(), insists: false }
    }
}

/// The handshake with a server. In the known era first, else in the modern one; when that fails, in the other.
pub(crate) async fn greet(carrier: &mut impl Carry, known: &Known) -> Greeting {
    if known.era != Some(Era::Legacy) {
        return discover(carrier, known).await;
    }
    match initialize(carrier, known, LEGACY).await {
        Greeting::Error { code, message } => match ask_discover(carrier, known).await {
            Ok((Discovered::Modern(result), _)) => modern(known, &result),
            Ok((Discovered::Modest, _)) => modest(known),
            _ => Greeting::Error { code, message },
        },
        settled => settled,
    }
}

async fn discover(carrier: &mut impl Carry, known: &Known) -> Greeting {
    let mut asked = ask_discover(carrier, known).await;
    // A server may refuse the revision and name the same one: MCP lets it, and asks to come back with one of its list.
    if matches!(&asked, Ok((Discovered::OtherVersions(versions), _)) if versions.iter().any(|one| one == MODERN))
    {
        asked = ask_discover(carrier, known).await;
    }
    let (discovered, answer) = match asked {
        Ok(asked) => asked,
        Err(why @ (NoAnswer::Mute | NoAnswer::TooSlow | NoAnswer::HungUp | NoAnswer::NotHttp(_)))
            if known.insists =>
        {
            return initialize(carrier, known, LEGACY).await.met_or(Greeting::NoAnswer(why));
        }
        Err(why) => return Greeting::NoAnswer(why),
    };
    match discovered {
        Discovered::Modern(result) => modern(known, &result),
        Discovered::Modest => modest(known),
        Discovered::OtherVersions(versions) if versions.is_empty() => {
            initialize(carrier, known, LEGACY).await
        }
        Discovered::OtherVersions(versions) => match newest_legacy(&versions) {
            Some(version) => initialize(carrier, known, &version).await,
            // What it names are those without a handshake; it may have one all the same.
            None => initialize(carrier, known, LEGACY).await.met_or(Greeting::Stranger(versions)),
        },
        Discovered::NoSuchMethod => match initialize(carrier, known, LEGACY).await {
            Greeting::Met(met) => Greeting::Met(met),
            refused => confirm_by_list(carrier, known).await.unwrap_or(refused),
        },
        Discovered::MaybeLegacy => initialize(carrier, known, LEGACY).await,
        Discovered::Other(other) if known.insists => {
            initialize(carrier, known, LEGACY).await.met_or(Greeting::Other(other, Box::new(answer)))
        }
        Discovered::Other(other) => Greeting::Other(other, Box::new(answer)),
    }
}

async fn ask_discover(carrier: &mut impl Carry, known: &Known) -> Result<(Discovered, Answer), NoAnswer> {
    let question = terms::discover(Id::random(), MODERN, &known.capabilities);
    carrier.ask(&question).await.map(|answer| (verdict::discovered(&answer), answer))
}

fn modern(known: &Known, result: &RawValue) -> Greeting {
    let version = verdict::best_version(result);
    met(Terms::modern(&version, &known.capabilities), verdict::modern(result, &version), None)
}

fn modest(known: &Known) -> Greeting {
    let reserve = "it requires a client with more capabilities before it says what it is";
    let terms = Terms::modern(MODERN, &known.capabilities);
    met(terms, verdict::nameless(MODERN, Era::Modern), Some(reserve))
}

fn met(terms: Terms, said: Introduction, reserve: Option<&'static str>) -> Greeting {
    Greeting::Met(Box::new(Met { terms, said, may_be_left: true, reserve }))
}

/// A server that knows neither handshake may still list its tools in the modern way.
async fn confirm_by_list(carrier: &mut impl Carry, known: &Known) -> Option<Greeting> {
    let terms = Terms::modern(MODERN, &known.capabilities);
    let question = terms.request(Id::random(), List::Tools.method(), &Params::default());
    let said = confirmed(&carrier.ask(&question).await.ok()?)?;
    Some(met(terms, said, None))
}

/// Whether this is a list of tools of the modern era.
pub(crate) fn confirmed(answer: &Answer) -> Option<Introduction> {
    let Some(Reply::Result(result)) = answer.reply.as_ref().filter(|_| refusal(answer).is_none()) else {
        return None;
    };
    page(result, List::Tools, Era::Modern).ok()?;
    Some(verdict::modern(result, MODERN))
}

/// The handshake of the legacy era, without the notification that ends it.
pub(crate) async fn initialize(carrier: &mut impl Carry, known: &Known, version: &str) -> Greeting {
    let mut version = version.to_owned();
    for _ in 0..2 {
        let question = terms::initialize(Id::random(), &version, &known.capabilities);
        let answer = match carrier.ask(&question).await {
            Ok(answer) => answer,
            Err(why) => return Greeting::NoAnswer(why),
        };
        match verdict::initialized(&answer) {
            Initialized::Legacy(said) => return legacy(&answer, said),
            // Some quote what they refuse as well.
            Initialized::OtherVersions(mut versions) => {
                versions.retain(|one| *one != version);
                match newest_legacy(&versions) {
                    Some(next) => version = next,
                    None => return Greeting::Stranger(versions),
                }
            }
            Initialized::Error { code, message } => return Greeting::Error { code, message },
            Initialized::Other(other) => return Greeting::Other(other, Box::new(answer)),
        }
    }
    Greeting::Stranger(vec![version])
}

fn legacy(answer: &Answer, said: Introduction) -> Greeting {
    // A copy: the header is a part of the buffer in which the whole head came, which would stay with it.
    let session = answer.headers.get(SESSION_ID).and_then(|id| HeaderValue::from_bytes(id.as_bytes()).ok());
    let version = &said.identity.protocol_version;
    let may_be_left = may_be_left(&answer.headers, version);
    let terms = Terms::legacy(version, session);
    Greeting::Met(Box::new(Met { terms, said, may_be_left, reserve: None }))
}

/// The newest of these revisions that has a handshake and is supported here.
pub(crate) fn newest_legacy(versions: &[String]) -> Option<String> {
    versions.iter().filter(|version| version.as_str() <= LEGACY).max().cloned()
}
