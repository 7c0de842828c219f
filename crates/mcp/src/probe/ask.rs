//! The requests in their order, path by path, until one answer settles what the address is.

mod paths;
mod spared;
mod stream;
mod tools;

use model::{Era, Outcome, Transport};
use serde_json::Value;

use super::line::{At, Line, Security};
use super::{Depth, ProbeOptions, ProbeReport, Protocols, Scheme, words};
use crate::names;
use crate::wire::answer::{Answer, NoAnswer};
use crate::wire::greet::{Greeting, Known, Met, greet};
use crate::wire::redirect::same_place;
use crate::wire::refusal::{Refusal, may_want_another_name};
use crate::wire::terms::{MODERN, document};
use crate::wire::verdict::Other;

use paths::{is_stream_path, is_usual, without_query};
pub use spared::Spared;

/// Ports on which TLS is tried first.
const TLS_PORTS: [u16; 2] = [443, 8443];
/// How often one path can be asked again: a redirect, another Host, TLS.
const MOST_TURNS: usize = 4;

/// The result of a path.
enum Path {
    /// A verdict.
    Settled(Box<ProbeReport>),
    /// Nothing here, as at most paths of any web server; another path may have it.
    Absent(String),
    /// No MCP here, for a reason worth reporting; another path may have it.
    Nothing(String),
    /// No MCP at this address, whatever the path.
    Stop(String),
    /// Ask again, at this path.
    Again(String),
}

/// Something that may be a server: neither proven nor refuted.
struct Probable {
    url: String,
    why: String,
    wants_credentials: bool,
    is_guess: bool,
}

pub(super) struct Asker {
    line: Line,
    protocols: Protocols,
    depth: Depth,
    /// What is known of the server here, if it is not to be met again.
    spared: Option<ProbeReport>,
    /// The target of a redirect of the path that is being asked.
    redirected: bool,
    tls_tried: bool,
    /// Why TLS was tried on a port that did not ask for it.
    guessed_tls: Option<String>,
    /// The other name of a server of this computer.
    other_name: Option<String>,
    /// Something that may be one.
    probable: Option<Probable>,
    /// A server that requires sign-in at the root, until another path shows more.
    at_root: Option<Box<ProbeReport>>,
    /// Whether the path that is being asked was given by the user.
    insists: bool,
    /// The path at which no event stream was found, if one was tried before anything was posted there.
    streamless: Option<String>,
}

impl Asker {
    pub(super) fn new(mut line: Line, options: &ProbeOptions) -> Self {
        let scheme = line.target.scheme;
        let tls_first =
            scheme == Scheme::Https || (scheme == Scheme::Unknown && TLS_PORTS.contains(&line.target.port));
        if tls_first {
            line.security = Security::Tls;
        }
        let spared = options.spared.at(&line.target);
        let other_name = names::other_loopback_name(&line.authority, line.target.host);
        Self {
            line,
            protocols: options.protocols,
            depth: options.depth,
            spared,
            redirected: false,
            tls_tried: tls_first,
            guessed_tls: None,
            other_name,
            probable: None,
            at_root: None,
            insists: false,
            streamless: None,
        }
    }

    /// Asks until there is a verdict, and returns the line, on which sessions may have to be deleted.
    pub(super) async fn run(mut self) -> (ProbeReport, Line) {
        let mut report = match self.as_known().await {
            Some(known) => known,
            None => self.ask_paths().await,
        };
        report.open = true;
        report.certificate = self.line.certificate.take();
        if let Some(refused) = self.line.untrusted.take().filter(|_| self.line.security == Security::Tls) {
            // What was read before it showed is not kept either.
            report.contents = None;
            report.reason = Some(words::untrusted(&refused, report.reason.take()));
            report.untrusted = Some(Box::new(refused));
        }
        report.evidence = std::mem::take(&mut self.line.steps);
        (report, self.line)
    }

    async fn ask_paths(&mut self) -> ProbeReport {
        let (mut reason, mut absent) = (None, None);
        let mut paths = self.paths();
        if self.depth == Depth::Deep {
            paths.extend(self.advised_paths().await);
        }
        for path in paths {
            if self.line.is_over() {
                break;
            }
            match self.ask_path(path).await {
                Path::Settled(report) => return *report,
                Path::Stop(why) => return ProbeReport::not_mcp(why),
                // The first path is the likeliest, so its reason is the one to tell.
                Path::Nothing(why) | Path::Again(why) => reason = reason.or(Some(why)),
                Path::Absent(why) => absent = absent.or(Some(why)),
            }
        }
        self.nothing_found(reason.or(absent))
    }

    fn nothing_found(&mut self, reason: Option<String>) -> ProbeReport {
        if let Some(report) = self.at_root.take() {
            return *report;
        }
        if let Some(Probable { url, why, wants_credentials, .. }) = &self.probable {
            let mut report = ProbeReport::not_mcp(why.clone());
            report.outcome = Outcome::Probable;
            report.endpoint = Some(url.clone());
            report.auth_required = *wants_credentials;
            report.latency_ms = Some(self.line.last_ms);
            return report;
        }
        if self.line.is_over() {
            return self.incomplete();
        }
        ProbeReport::not_mcp(reason.unwrap_or_else(|| "nothing was asked".to_owned()))
    }

    fn incomplete(&self) -> ProbeReport {
        let why = self.line.steps.last().map(|step| format!(": the last answer was `{}`", step.received));
        let mut report =
            ProbeReport::not_mcp(format!("the time limit passed before a result{}", why.unwrap_or_default()));
        report.outcome = Outcome::Incomplete;
        report
    }

    async fn ask_path(&mut self, path: String) -> Path {
        // A named address includes where it leads.
        let given = self.line.target.path.as_deref().or((self.depth == Depth::Named).then_some("/"));
        self.insists = self.line.target.asked_by_name && given == Some(&*path);
        let mut path = path;
        self.redirected = false;
        for _ in 0..MOST_TURNS {
            match self.ask_once(&path).await {
                Path::Again(next) => path = next,
                settled => return settled,
            }
        }
        Path::Nothing("it redirects in a loop".to_owned())
    }

    async fn ask_once(&mut self, path: &str) -> Path {
        if !self.protocols.http {
            return self.only_stream(path).await;
        }
        // An event stream says what it is in its first event: then nothing has to be asked before the handshake.
        if self.protocols.sse && is_stream_path(path) && self.streamless.as_deref() != Some(path) {
            match Box::pin(self.prompt_stream(path)).await {
                Path::Absent(_) => self.streamless = Some(path.to_owned()),
                // It may be slow to say so, or not be meant for us: what takes a POST here is asked first.
                Path::Nothing(_) => {}
                settled => return settled,
            }
        }
        let known = Known { insists: self.insists, ..Known::era(None) };
        match greet(&mut At { line: &mut self.line, path }, &known).await {
            Greeting::Met(met) => self.met(path, *met).await,
            Greeting::Stranger(versions) => self.stranger(path, &versions),
            Greeting::Error { code, message } => Path::Nothing(format!(
                "it speaks JSON-RPC, but refuses MCP's `initialize` with error {code}: {message}"
            )),
            Greeting::Other(other, answer) => self.other(path, other, &answer).await,
            Greeting::NoAnswer(error) => self.unanswered(path, error),
        }
    }

    async fn only_stream(&mut self, path: &str) -> Path {
        if self.may_stream(path) {
            return self.event_stream(path).await;
        }
        Path::Absent("no event stream was looked for there".to_owned())
    }

    /// It is MCP: its identity, and how many tools it has.
    async fn met(&mut self, path: &str, met: Met) -> Path {
        self.line.know(&met);
        let mut report = self.found(path, Transport::Http, Some(met.terms.era));
        self.list(path, &met, &mut report).await;
        report.reason = met.reserve.map(str::to_owned);
        report.identity = met.reserve.is_none().then_some(met.said.identity);
        Path::Settled(Box::new(report))
    }

    fn stranger(&self, path: &str, versions: &[String]) -> Path {
        let is_newer = versions.iter().all(|version| version.as_str() > MODERN);
        if versions.is_empty() || !is_newer {
            return Path::Nothing(
                "it speaks none of the revisions of MCP that are supported here".to_owned(),
            );
        }
        let mut report = self.found(path, Transport::Http, Some(Era::Modern));
        report.reason = Some(format!(
            "it speaks only {}, which is newer than what is supported here",
            versions.join(", ")
        ));
        Path::Settled(Box::new(report))
    }

    async fn other(&mut self, path: &str, other: Other, answer: &Answer) -> Path {
        match other {
            Other::Refused(refusal) => self.refused(path, &refusal, answer).await,
            Other::Redirect(to) => self.redirect(path, &to),
            Other::WantsTls => self.try_tls(path, "it requires TLS and then refuses it"),
            Other::NotPosted(why) if !self.protocols.sse || self.streamless.as_deref() == Some(path) => {
                Path::Absent(why)
            }
            Other::NotPosted(_) if is_stream_path(path) => Box::pin(self.event_stream(path)).await,
            Other::NotPosted(why) if self.may_stream(path) => self.stream_or(path, why).await,
            Other::NotPosted(why) => Path::Absent(why),
            Other::NotHere(why) => Path::Nothing(why),
            Other::NotMcp { field, why } => {
                Path::Nothing(format!("it speaks JSON-RPC, but its answer is not MCP: `{field}`: {why}"))
            }
        }
    }

    /// On this computer a server that checks names may require the other one, however it says so.
    async fn refused(&mut self, path: &str, refusal: &Refusal, answer: &Answer) -> Path {
        if may_want_another_name(answer) && self.take_other_name() {
            return Path::Again(path.to_owned());
        }
        let status = answer.status.as_u16();
        let why = words::refusal(refusal, status);
        match refusal {
            Refusal::SignIn => self.sign_in(path, Transport::Http, why),
            Refusal::Challenge => self.maybe_sign_in(path, status, why).await,
            Refusal::Name(_) => self.maybe_one(path, why, false),
            Refusal::Guarded | Refusal::Credentials | Refusal::Forbidden => self.guarded(path, why),
        }
    }

    /// A server requires authentication, with no sign of MCP. At the common paths, that is worth reporting.
    fn guarded(&mut self, path: &str, why: String) -> Path {
        if !self.line.credentials.is_empty() {
            return self.maybe_one(path, "it refuses the credentials that were given".to_owned(), true);
        }
        if self.insists || is_usual(path) {
            return self.maybe_one(path, why, true);
        }
        Path::Nothing(why)
    }

    /// Some have an event stream where others take a POST. The user may know of one anywhere; a scan tries it on this
    /// computer only.
    fn may_stream(&self, path: &str) -> bool {
        let is_local = self.line.target.host.is_loopback();
        is_stream_path(path) || self.depth == Depth::Named || (is_local && is_usual(path))
    }

    fn take_other_name(&mut self) -> bool {
        let Some(other) = self.other_name.take() else { return false };
        self.line.authority = other;
        true
    }

    fn sign_in(&mut self, path: &str, transport: Transport, why: String) -> Path {
        let mut report = self.found(path, transport, None);
        report.outcome = Outcome::NeedsSignIn;
        report.auth_required = true;
        report.reason = Some(why.clone());
        if self.is_guess(path) {
            self.at_root.get_or_insert(Box::new(report));
            return Path::Nothing(why);
        }
        Path::Settled(Box::new(report))
    }

    /// A server that requires sign-in at every path does so at the root as well, which the user did not name: it is the last
    /// guess.
    fn is_guess(&self, path: &str) -> bool {
        path == "/" && self.line.target.path.is_none()
    }

    /// RFC 9728: the document of a protected resource is at the root, followed by the resource's path. It is requested at
    /// this address only, wherever a challenge may point.
    async fn maybe_sign_in(&mut self, path: &str, status: u16, otherwise: String) -> Path {
        let well_known = "/.well-known/oauth-protected-resource";
        let deciding_ms = self.line.last_ms;
        let beside = without_query(path).trim_end_matches('/');
        for place in [format!("{well_known}{beside}"), well_known.to_owned()] {
            let question = document("protected resource", "application/json");
            let Ok(answer) = self.line.ask(&place, &question).await else { continue };
            let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
            let resource = json.as_ref().and_then(|json| json.get("resource")).and_then(Value::as_str);
            if answer.status.is_success() && resource.is_some() {
                self.line.last_ms = deciding_ms;
                let why = format!("it asks for sign-in (HTTP {status} and a protected-resource document)");
                return self.sign_in(path, Transport::Http, why);
            }
        }
        self.guarded(path, otherwise)
    }

    /// Neither proven nor refuted: unless another path has it, the user decides.
    fn maybe_one(&mut self, path: &str, why: String, wants_credentials: bool) -> Path {
        let url = self.line.url(path).map(String::from).unwrap_or_default();
        let known = self.probable.take().filter(|known| !known.is_guess);
        let is_guess = self.is_guess(path);
        let found = Probable { url, why: why.clone(), wants_credentials, is_guess };
        self.probable = known.or(Some(found));
        Path::Nothing(why)
    }

    fn redirect(&mut self, path: &str, to: &str) -> Path {
        match self.same_place(path, to) {
            None => Path::Nothing(format!(
                "it redirects to another origin, which is not asked: `{}`",
                words::tame(to)
            )),
            Some(next) if !self.redirected && next != path => {
                self.redirected = true;
                Path::Again(next)
            }
            Some(_) => Path::Nothing("it redirects in a loop".to_owned()),
        }
    }

    fn same_place(&self, path: &str, reference: &str) -> Option<String> {
        same_place(&self.line.url(path)?, reference)
    }

    fn unanswered(&mut self, path: &str, error: NoAnswer) -> Path {
        let why = words::no_answer(&error);
        let answered_before = self.line.steps.len() > 1;
        match error {
            // A TLS alert, or a server that hangs up on plain HTTP.
            NoAnswer::NotHttp(first) if first.first() == Some(&0x15) => self.try_tls(path, &why),
            NoAnswer::HungUp if self.line.target.scheme == Scheme::Unknown => self.try_tls(path, &why),
            NoAnswer::Tls(_) if self.guessed_tls.is_some() => {
                Path::Stop(self.guessed_tls.take().unwrap_or(why))
            }
            NoAnswer::Tls(_) if self.line.target.scheme == Scheme::Unknown && !answered_before => {
                self.line.security = Security::Plain;
                Path::Again(path.to_owned())
            }
            NoAnswer::Mute | NoAnswer::TooSlow if answered_before => Path::Nothing(why),
            NoAnswer::TooSlow => Path::Nothing(why),
            _ => Path::Stop(why),
        }
    }

    fn try_tls(&mut self, path: &str, why: &str) -> Path {
        if self.tls_tried || self.line.target.scheme == Scheme::Http {
            return Path::Stop(why.to_owned());
        }
        self.tls_tried = true;
        self.guessed_tls = Some(why.to_owned());
        self.line.security = Security::Tls;
        Path::Again(path.to_owned())
    }

    fn found(&self, path: &str, transport: Transport, era: Option<Era>) -> ProbeReport {
        let mut report = ProbeReport::not_mcp("");
        report.outcome = Outcome::Mcp;
        report.reason = None;
        report.transport = Some(transport);
        report.era = era;
        report.endpoint = self.line.url(path).map(String::from);
        report.latency_ms = Some(self.line.last_ms);
        report
    }
}
