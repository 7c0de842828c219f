//! The questions in their order, path by path, until one answer settles what the address is.

use model::{Era, Identity, Outcome, Transport};
use serde_json::Value;

use super::exchange::{NoAnswer, OpenStream};
use super::line::{Line, Security};
use super::question::{ID, LEGACY, MODERN, Question};
use super::verdict::{self, Discovered, Initialized, Other};
use super::{Depth, ProbeOptions, ProbeReport, Protocols, Scheme, words};
use crate::frame::Frame;

/// How much of a list of tools is read once the server is known to be MCP, in bytes.
const LIST_LIMIT: usize = 1024 * 1024;
/// How many pages of tools are counted.
const MOST_PAGES: usize = 20;
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
    redirected: bool,
    tls_tried: bool,
    /// Something that refused our Host, and where.
    probable: Option<(String, String)>,
}

impl Asker {
    pub(super) fn new(mut line: Line, options: &ProbeOptions) -> Self {
        let scheme = line.target.scheme;
        let tls_first = scheme == Scheme::Https || (scheme == Scheme::Unknown && TLS_PORTS.contains(&line.target.port));
        if tls_first {
            line.security = Security::Tls;
        }
        Self {
            line,
            protocols: options.protocols,
            depth: options.depth,
            redirected: false,
            tls_tried: tls_first,
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
                return self.incomplete();
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
        let mut report = ProbeReport::not_mcp(format!("time was up before a verdict{}", why.unwrap_or_default()));
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

    // --- modern ---

    async fn modern(&mut self, path: &str, result: &Value) -> Path {
        let version = verdict::best_version(result);
        let mut report = self.found(path, Transport::Http, Some(Era::Modern));
        report.identity = verdict::modern_identity(result, &version);
        report.tools = self.count_modern_tools(path, &version).await;
        Path::Settled(Box::new(report))
    }

    async fn other_versions(&mut self, path: &str, supported: &[String]) -> Path {
        if let Some(version) = supported.iter().find(|version| version.as_str() < MODERN) {
            return self.legacy(path, &version.clone()).await;
        }
        let mut report = self.found(path, Transport::Http, Some(Era::Modern));
        report.reason = Some(format!("it speaks only {}, which is newer than what we speak", supported.join(", ")));
        Path::Settled(Box::new(report))
    }

    fn modest(&self, path: &str) -> Path {
        let mut report = self.found(path, Transport::Http, Some(Era::Modern));
        report.reason = Some("it wants a client with more capabilities before it says who it is".to_owned());
        Path::Settled(Box::new(report))
    }

    async fn confirm_by_list(&mut self, path: &str) -> Path {
        if let Some(tools) = self.count_modern_tools(path, MODERN).await {
            let mut report = self.found(path, Transport::Http, Some(Era::Modern));
            report.tools = Some(tools);
            return Path::Settled(Box::new(report));
        }
        self.legacy(path, LEGACY).await
    }

    async fn count_modern_tools(&mut self, path: &str, version: &str) -> Option<u32> {
        let mut count = 0_u32;
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let question = Question::modern_tools(version, cursor.as_deref());
            let answer = self.list_page(path, &question).await?;
            let (page, next) = verdict::tools(answer.as_ref())?;
            count = count.saturating_add(page);
            cursor = next;
            if cursor.is_none() {
                return Some(count);
            }
        }
        None
    }

    async fn list_page(&mut self, path: &str, question: &Question) -> Option<Option<Frame>> {
        let deciding_ms = self.line.last_ms;
        let answer = self.line.ask_within(path, question, LIST_LIMIT).await;
        self.line.last_ms = deciding_ms;
        answer.ok().map(|answer| answer.frame)
    }

    // --- legacy ---

    async fn legacy(&mut self, path: &str, version: &str) -> Path {
        let mut version = version.to_owned();
        for _ in 0..2 {
            let answer = match self.line.ask(path, &Question::initialize(&version)).await {
                Ok(answer) => answer,
                Err(error) => return self.unanswered(path, error),
            };
            match verdict::initialized(&answer) {
                Initialized::Legacy(identity) => {
                    let session = answer.header("mcp-session-id").map(str::to_owned);
                    return self.legacy_found(path, identity, session.as_deref()).await;
                }
                Initialized::OtherVersions(supported) => match newest_legacy(&supported) {
                    Some(next) => version = next,
                    None => break,
                },
                Initialized::Other(other) => return self.other(path, other).await,
            }
        }
        Path::Nothing("it speaks none of the revisions that we speak".to_owned())
    }

    async fn legacy_found(&mut self, path: &str, identity: Identity, session: Option<&str>) -> Path {
        let mut report = self.found(path, Transport::Http, Some(Era::Legacy));
        report.tools = self.count_legacy_tools(path, &identity.protocol_version, session).await;
        report.identity = Some(identity);
        Path::Settled(Box::new(report))
    }

    async fn count_legacy_tools(&mut self, path: &str, version: &str, session: Option<&str>) -> Option<u32> {
        self.list_page(path, &Question::initialized(version, session)).await?;
        let mut count = 0_u32;
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let question = Question::legacy_tools(version, session, cursor.as_deref());
            let answer = self.list_page(path, &question).await?;
            let (page, next) = verdict::tools(answer.as_ref())?;
            count = count.saturating_add(page);
            cursor = next;
            if cursor.is_none() {
                return Some(count);
            }
        }
        None
    }

    // --- the event stream of 2024-11-05 ---

    async fn event_stream(&mut self, path: &str) -> Path {
        let mut stream = match self.line.stream(path).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(answer)) => {
                return match verdict::discovered(&answer) {
                    Discovered::Other(Other::NeedsSignIn(why)) => self.sign_in(path, Transport::Sse, why),
                    Discovered::Other(Other::Redirect(to)) => self.redirect(path, &to),
                    _ => Path::Absent(format!("no event stream: it answers HTTP {}", answer.status.as_u16())),
                };
            }
            Err(error) => return self.unanswered(path, error),
        };
        let first = stream.next(self.line.deadline()).await;
        let Some(event) = first.filter(|event| event.name == "endpoint") else {
            return Path::Nothing("its event stream does not begin with MCP's endpoint".to_owned());
        };
        let Some(messages) = self.same_origin(path, &event.data) else {
            return Path::Nothing("its event stream names an endpoint on another origin".to_owned());
        };
        let mut report = self.found(path, Transport::Sse, Some(Era::Legacy));
        match self.initialize_over(&mut stream, &messages).await {
            Some(identity) => {
                report.tools = self.count_tools_over(&mut stream, &messages, &identity.protocol_version).await;
                report.identity = Some(identity);
            }
            None => report.reason = Some("it names an endpoint, but `initialize` got no MCP answer".to_owned()),
        }
        Path::Settled(Box::new(report))
    }

    async fn initialize_over(&mut self, stream: &mut OpenStream, messages: &str) -> Option<Identity> {
        let answer = self.ask_over(stream, messages, &Question::initialize(LEGACY)).await?;
        match verdict::initialized_frame(&answer) {
            Initialized::Legacy(identity) => Some(identity),
            _ => None,
        }
    }

    async fn count_tools_over(&mut self, stream: &mut OpenStream, messages: &str, version: &str) -> Option<u32> {
        self.list_page(messages, &Question::initialized(version, None)).await?;
        let mut count = 0_u32;
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let question = Question::legacy_tools(version, None, cursor.as_deref());
            let answer = self.ask_over(stream, messages, &question).await?;
            let (page, next) = verdict::tools(Some(&answer))?;
            count = count.saturating_add(page);
            cursor = next;
            if cursor.is_none() {
                return Some(count);
            }
        }
        None
    }

    /// Posts a request; the answer comes over the stream.
    async fn ask_over(&mut self, stream: &mut OpenStream, messages: &str, question: &Question) -> Option<Frame> {
        let deciding_ms = self.line.last_ms;
        let deadline = self.line.deadline();
        let answered = async {
            loop {
                let event = stream.next(deadline).await?;
                if let Some(frame) = Frame::parse(event.data.as_bytes()).filter(|frame| frame.answers(ID)) {
                    return Some(frame);
                }
            }
        };
        let posted = async { self.line.ask(messages, question).await.ok().filter(|answer| answer.status.is_success()) };
        // A refused POST has no answer to wait for.
        let both = futures::future::try_join(
            async { posted.await.ok_or(()) },
            async { answered.await.ok_or(()) },
        );
        let frame = both.await.ok().map(|(_, frame)| frame);
        self.line.last_ms = deciding_ms;
        frame
    }

    // --- everything else ---

    async fn other(&mut self, path: &str, other: Other) -> Path {
        match other {
            Other::NeedsSignIn(why) => self.sign_in(path, Transport::Http, why),
            Other::MaybeSignIn => self.maybe_sign_in(path).await,
            Other::HostRefused(why) => self.host_refused(path, &why),
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

    /// RFC 9728: the document of a protected resource stands at the root, with the resource's path behind it. It is
    /// asked for at this address only, wherever a challenge may point.
    async fn maybe_sign_in(&mut self, path: &str) -> Path {
        let well_known = "/.well-known/oauth-protected-resource";
        let deciding_ms = self.line.last_ms;
        for document in [format!("{well_known}{}", path.trim_end_matches('/')), well_known.to_owned()] {
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
        let url = self.line.url(path).map(String::from).unwrap_or_default();
        let why = format!("it answers like an MCP server that refuses the name we call it by: `{why}`");
        self.probable.get_or_insert((url, why.clone()));
        Path::Nothing(why)
    }

    fn redirect(&mut self, path: &str, to: &str) -> Path {
        match self.same_origin(path, to) {
            None => Path::Nothing(format!("it redirects to another origin, which is not asked: `{}`", words::tame(to))),
            Some(next) if !self.redirected && next != path => {
                self.redirected = true;
                Path::Again(next)
            }
            Some(_) => Path::Nothing("it redirects in circles".to_owned()),
        }
    }

    /// Path and query of a reference, if it stays at this address. `localhost` and `127.0.0.1` are one place: whatever
    /// the name, only the address of this probe is connected to.
    fn same_origin(&self, path: &str, reference: &str) -> Option<String> {
        let base = self.line.url(path)?;
        let next = base.join(reference).ok()?;
        let both_here = self.line.target.host.is_loopback() && is_loopback_name(&next);
        let same_place = next.scheme() == base.scheme() && next.port_or_known_default() == base.port_or_known_default();
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

    /// Paths that two draft documents name. They are advice: what is found there is asked like any other path.
    async fn advised_paths(&mut self) -> Vec<String> {
        let mut paths = Vec::new();
        for document in ["/.well-known/ai-catalog.json", "/mcp/server-card"] {
            if self.line.is_over() {
                break;
            }
            let Ok(answer) = self.line.ask(document, &Question::document("advisory document")).await else { break };
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

fn is_stream_path(path: &str) -> bool {
    path.trim_end_matches('/').ends_with("/sse")
}

fn is_loopback_name(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn newest_legacy(supported: &[String]) -> Option<String> {
    supported.iter().filter(|version| version.as_str() <= LEGACY).max().cloned()
}
