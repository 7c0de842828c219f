//! The questions in their order, path by path, until one answer settles what the address is.

mod legacy;
mod modern;
mod stream;
mod tools;

use model::{Era, Outcome, Transport};
use serde_json::Value;

use super::exchange::NoAnswer;
use super::line::{Line, Security};
use super::question::{LEGACY, MODERN, Question};
use super::verdict::{self, Discovered, Other};
use super::{Depth, ProbeOptions, ProbeReport, Protocols, Scheme, words};
use crate::names;

/// Ports on which TLS is tried first.
const TLS_PORTS: [u16; 2] = [443, 8443];
/// How often one path may be asked again: a redirect, another Host, TLS.
const MOST_TURNS: usize = 4;

/// What a path turned out to be.
enum Path {
    /// The verdict is in.
    Settled(Box<ProbeReport>),
    /// Nothing here, as at most paths of any web server; another path may have it.
    Absent(String),
    /// No MCP here, for a reason worth telling; another path may have it.
    Nothing(String),
    /// No MCP at this address, whatever the path.
    Stop(String),
    /// Ask again, at this path.
    Again(String),
}

pub(super) struct Asker {
    line: Line,
    protocols: Protocols,
    depth: Depth,
    /// The path that is being asked led to another one.
    redirected: bool,
    tls_tried: bool,
    /// Why TLS was tried on a port that did not ask for it.
    guessed_tls: Option<String>,
    /// Something that refused our Host, and where.
    probable: Option<(String, String)>,
}

impl Asker {
    pub(super) fn new(mut line: Line, options: &ProbeOptions) -> Self {
        let scheme = line.target.scheme;
        let tls_first =
            scheme == Scheme::Https || (scheme == Scheme::Unknown && TLS_PORTS.contains(&line.target.port));
        if tls_first {
            line.security = Security::Tls;
        }
        Self {
            line,
            protocols: options.protocols,
            depth: options.depth,
            redirected: false,
            tls_tried: tls_first,
            guessed_tls: None,
            probable: None,
        }
    }

    /// Asks until there is a verdict, and gives back the line, on which sessions may have to be deleted.
    pub(super) async fn run(mut self) -> (ProbeReport, Line) {
        let mut report = self.ask_paths().await;
        report.open = true;
        report.certificate.clone_from(&self.line.certificate);
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

    fn nothing_found(&self, reason: Option<String>) -> ProbeReport {
        if let Some((url, why)) = &self.probable {
            let mut report = ProbeReport::not_mcp(why.clone());
            report.outcome = Outcome::Probable;
            report.endpoint = Some(url.clone());
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
            ProbeReport::not_mcp(format!("time was up before a verdict{}", why.unwrap_or_default()));
        report.outcome = Outcome::Incomplete;
        report
    }

    /// The given path first, then those where servers usually are.
    fn paths(&self) -> Vec<String> {
        let deep: &[&str] = match self.depth {
            Depth::Usual => &[],
            Depth::Deep => &["/", "/api/mcp", "/mcp/v1", "/v1/mcp"],
        };
        let usual = ["/mcp", "/sse"].iter().chain(deep).map(|path| (*path).to_owned());
        let mut paths: Vec<String> = self.line.target.path.iter().cloned().collect();
        for path in usual {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    async fn ask_path(&mut self, path: String) -> Path {
        let mut path = path;
        self.redirected = false;
        for _ in 0..MOST_TURNS {
            match self.ask_once(&path).await {
                Path::Again(next) => path = next,
                settled => return settled,
            }
        }
        Path::Nothing("it sends us in circles".to_owned())
    }

    async fn ask_once(&mut self, path: &str) -> Path {
        if !self.protocols.http {
            return self.only_stream(path).await;
        }
        let answer = match self.line.ask(path, &Question::discover(MODERN)).await {
            Ok(answer) => answer,
            Err(error) => return self.unanswered(path, error),
        };
        match verdict::discovered(&answer) {
            Discovered::Modern(result) => self.modern(path, &result).await,
            Discovered::OtherVersions(supported) => self.other_versions(path, &supported).await,
            Discovered::Modest => self.modest(path),
            Discovered::ConfirmByList => self.confirm_by_list(path).await,
            Discovered::MaybeLegacy => self.legacy(path, LEGACY).await,
            Discovered::Other(other) => self.other(path, other).await,
        }
    }

    async fn only_stream(&mut self, path: &str) -> Path {
        if is_stream_path(path) {
            return self.event_stream(path).await;
        }
        Path::Absent("no event stream was looked for there".to_owned())
    }

    async fn other(&mut self, path: &str, other: Other) -> Path {
        match other {
            Other::NeedsSignIn(why) => self.sign_in(path, Transport::Http, why),
            Other::MaybeSignIn => self.maybe_sign_in(path).await,
            Other::HostRefused(why) => self.host_refused(path, &why),
            Other::Guarded(why) => self.maybe_one(path, why),
            Other::Redirect(to) => self.redirect(path, &to),
            Other::WantsTls => self.try_tls(path, "it wants TLS and then refuses it"),
            Other::NotPosted(_) if self.protocols.sse && is_stream_path(path) => {
                Box::pin(self.event_stream(path)).await
            }
            Other::NotPosted(why) => Path::Absent(why),
            Other::NotHere(why) => Path::Nothing(why),
        }
    }

    fn sign_in(&self, path: &str, transport: Transport, why: String) -> Path {
        let mut report = self.found(path, transport, None);
        report.outcome = Outcome::NeedsSignIn;
        report.auth_required = true;
        report.reason = Some(why);
        Path::Settled(Box::new(report))
    }

    /// RFC 9728: the document of a protected resource stands at the root, with the resource's path behind it.
    /// It is asked for at this address only, wherever a challenge may point.
    async fn maybe_sign_in(&mut self, path: &str) -> Path {
        let well_known = "/.well-known/oauth-protected-resource";
        let deciding_ms = self.line.last_ms;
        let beside = without_query(path).trim_end_matches('/');
        for document in [format!("{well_known}{beside}"), well_known.to_owned()] {
            let question = Question::document("protected resource");
            let Ok(answer) = self.line.ask(&document, &question).await else { continue };
            let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
            let resource = json.as_ref().and_then(|json| json.get("resource")).and_then(Value::as_str);
            if answer.status.is_success() && resource.is_some() {
                self.line.last_ms = deciding_ms;
                let why = "it asks for sign-in (HTTP 401 and a protected-resource document)".to_owned();
                return self.sign_in(path, Transport::Http, why);
            }
        }
        Path::Nothing("it asks for credentials, with nothing that says MCP".to_owned())
    }

    fn host_refused(&mut self, path: &str, why: &str) -> Path {
        let localhost = format!("localhost:{}", self.line.target.port);
        if self.line.target.host.is_loopback() && self.line.authority != localhost {
            self.line.authority = localhost;
            return Path::Again(path.to_owned());
        }
        self.maybe_one(
            path,
            format!("it answers like an MCP server that refuses the name we call it by: `{why}`"),
        )
    }

    /// Not proven, and not refuted: unless another path has it, a person decides.
    fn maybe_one(&mut self, path: &str, why: String) -> Path {
        let url = self.line.url(path).map(String::from).unwrap_or_default();
        self.probable.get_or_insert((url, why.clone()));
        Path::Nothing(why)
    }

    fn redirect(&mut self, path: &str, to: &str) -> Path {
        match self.same_origin(path, to) {
            None => Path::Nothing(format!(
                "it redirects to another origin, which is not asked: `{}`",
                words::tame(to)
            )),
            Some(next) if !self.redirected && next != path => {
                self.redirected = true;
                Path::Again(next)
            }
            Some(_) => Path::Nothing("it redirects in circles".to_owned()),
        }
    }

    /// Path and query of a reference, if it stays at this address. `localhost` and `127.0.0.1` are one place:
    /// whatever the name, only the address of this probe is connected to.
    fn same_origin(&self, path: &str, reference: &str) -> Option<String> {
        let base = self.line.url(path)?;
        let next = base.join(reference).ok()?;
        let both_here = self.line.target.host.is_loopback() && names::leads_here(&next);
        let same_place =
            next.scheme() == base.scheme() && next.port_or_known_default() == base.port_or_known_default();
        let same_host = next.host() == base.host() || both_here;
        let query = next.query().map(|query| format!("?{query}")).unwrap_or_default();
        (same_place && same_host).then(|| format!("{}{query}", next.path()))
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

    /// Paths that two draft documents name. They are advice: what is found there is asked like any other
    /// path.
    async fn advised_paths(&mut self) -> Vec<String> {
        let mut paths = Vec::new();
        for document in ["/.well-known/ai-catalog.json", "/mcp/server-card"] {
            if self.line.is_over() {
                break;
            }
            let Ok(answer) = self.line.ask(document, &Question::document("advisory document")).await else {
                break;
            };
            let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let mut urls = Vec::new();
            collect_urls(&json, &mut urls);
            paths.extend(urls.iter().filter_map(|url| self.same_origin("/", url)));
        }
        paths.dedup();
        paths.truncate(4);
        paths
    }
}

fn collect_urls<'a>(json: &'a Value, urls: &mut Vec<&'a str>) {
    match json {
        Value::Object(map) => {
            let named = ["url", "endpoint", "remote"].iter().filter_map(|key| map.get(*key)?.as_str());
            urls.extend(named);
            map.values().for_each(|value| collect_urls(value, urls));
        }
        Value::Array(list) => list.iter().for_each(|value| collect_urls(value, urls)),
        _ => {}
    }
}

/// What a query says may be secret, and is no part of where a document stands.
fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

fn is_stream_path(path: &str) -> bool {
    without_query(path).trim_end_matches('/').ends_with("/sse")
}
