//! Adding a server and checking one: the operations that find out what a server is.

use std::sync::Arc;

use api::{AddArgs, Added, AskedStep, KeptIn};
use checks::LOOK_WITHIN;
use mcp::{Credentials, Depth, ProbeOptions, ProbeReport, ProbeTarget, Remote, probe, resolve};
use model::{Endpoint, Health, HealthStatus, Outcome, Server, ServerId, ServerInfo, Source, Tls, Transport};
use registry::{Observation, Origin, RegistryError, Upserted};
use vault::{Key, SecretPurpose};

use crate::credentials::Presented;
use crate::found::{ProbedServer, steps};
use crate::given::{with_environment, without_keys_in_url};
use crate::{Intake, IntakeError, credentials, now, trust};

/// A server that is about to be kept.
struct New {
    info: ServerInfo,
    observation: Option<Observation>,
    token: Option<KeptIn>,
    kept: Option<KeptIn>,
    steps: Vec<AskedStep>,
}

impl New {
    fn of(info: ServerInfo, observation: Option<Observation>) -> Self {
        Self { info, observation, token: None, kept: None, steps: Vec::new() }
    }
}

impl Intake {
    /// Probes a server and keeps it, as the arguments say.
    pub async fn add(&self, mut args: AddArgs) -> Result<Added, IntakeError> {
        let (mut called, mut added_from) = (None, None);
        if let Some(from) = args.from.take() {
            let agreed = self.agreed(args, from).await?;
            (args, called, added_from) = (agreed.args, Some(agreed.name), Some(agreed.from));
        }
        let (args, taken) = without_keys_in_url(args);
        // A stop does not wait for a server that is being asked, only for the end of what was begun with it.
        let _under_way = self.tasks.token();
        let met = self.stop.run_until_cancelled(Box::pin(self.meet(&args))).await;
        let stopped = || IntakeError::Stopped("added");
        let New { mut info, observation, token, kept, steps } = met.unwrap_or_else(|| Err(stopped()))?;
        let said =
            observation.as_ref().and_then(|seen| seen.contents.as_ref()).map(|contents| &contents.identity);
        if said.or(info.identity.as_ref()).is_some_and(|said| self.is_ourselves(said)) {
            return Err(IntakeError::Ourselves);
        }
        match (&args.name, self.registry.snapshot().get(info.id)) {
            (Some(name), _) => info.name.clone_from(name),
            // A name that the user gave is not replaced by the server's own.
            (None, Some(known)) => info.name.clone_from(&known.info.name),
            (None, None) => info.name = called.unwrap_or(info.name),
        }
        if added_from.is_some() {
            (info.source, info.added_from) = (Source::Client, added_from.map(Box::new));
        }
        info.metadata = args.metadata.unwrap_or_default();
        info.capabilities = args.capabilities.unwrap_or_default();
        info.keep_running = args.keep_running.unwrap_or_default();
        if args.dry_run {
            let snapshot = self.registry.snapshot();
            let (updated, revision) = (snapshot.get(info.id).is_some(), snapshot.revision());
            let server = as_it_would_be(info, observation.as_ref()).into();
            return Ok(Added {
                server,
                updated,
                undo: None,
                revision,
                token: None,
                kept: None,
                taken,
                steps,
            });
        }
        Ok(Added { token, kept, taken, steps, ..self.keep(info, observation).await? })
    }

    async fn meet(&self, args: &AddArgs) -> Result<New, IntakeError> {
        match (&args.url, &args.stdio) {
            (Some(url), None) => Box::pin(self.at_url(url, args)).await,
            (None, Some(command)) => self.of_command(command, args).await,
            _ => Err(IntakeError::arguments("give either a `url` or a `stdio` command")),
        }
    }

    /// Keeps a server that the user added, then its first measurement.
    async fn keep(&self, info: ServerInfo, observation: Option<Observation>) -> Result<Added, IntakeError> {
        let id = info.id;
        let label = format!("added {}", info.name);
        let committed = self.registry.upsert(vec![info], Origin::Person { label }).await?;
        match observation {
            Some(observation) => drop(self.registry.observe(id, observation).await?),
            None => self.mesh.sessions.starts().note_starting(id).await,
        }
        let snapshot = self.registry.snapshot();
        let server = snapshot.get(id).cloned().ok_or(RegistryError::NotFound(id))?.into();
        let updated = committed
            .upserted
            .iter()
            .any(|(_, what)| matches!(what, Upserted::Updated | Upserted::Unchanged));
        Ok(Added {
            server,
            updated,
            undo: committed.undo,
            revision: snapshot.revision(),
            token: None,
            kept: None,
            taken: Vec::new(),
            steps: Vec::new(),
        })
    }

    async fn at_url(&self, url: &str, args: &AddArgs) -> Result<New, IntakeError> {
        if !args.env.is_empty() || args.cwd.is_some() {
            return Err(IntakeError::arguments(
                "only a stdio server takes an environment or a folder: give a `stdio` command",
            ));
        }
        if args.keep_running.is_some() {
            return Err(IntakeError::arguments(
                "only a stdio server can be kept running: give a `stdio` command",
            ));
        }
        let given = Presented::read(args)?;
        let url = given.with_scheme(url);
        let mut info = at_address(&url, Source::Manual)?;
        info.token_env.clone_from(&args.token_env);
        info.header_env = credentials::checked(&args.header_env)?;
        info.tls = self.trusted_at(&info, args)?;
        trust::usable(info.tls.as_ref()).await?;
        if args.no_probe {
            given.may_stay_at(&url)?;
            self.known_by_place(&mut info);
            let (token, kept) = self.keep_credentials(&mut info, &given).await?;
            return Ok(New { token, kept, ..New::of(info, None) });
        }
        let target = resolve(&url).await.map_err(|error| IntakeError::arguments(error.to_string()))?;
        given.may_go_to(&url, target.host)?;
        // The user named this address: where it leads now is allowed, and nothing farther away later.
        info.reach = Some(mcp::reach(target.host));
        if let Some(seen) = self.just_seen(&url, &given).filter(|_| !args.dry_run && info.tls.is_none()) {
            let mut new = as_seen(info, seen);
            self.settle(&mut new.info).await?;
            return Ok(new);
        }
        let credentials = self.credentials_for(&info, &given).await;
        let report = self.asked(&target, credentials.clone(), info.tls.clone(), &url).await?;
        let steps = steps(&report);
        learn(&mut info, &report);
        if let Some(endpoint) = &report.endpoint {
            info.id = ServerId::for_url(info.transport, endpoint).unwrap_or(info.id);
        }
        if let Some(said) = &report.identity {
            info.name.clone_from(&said.name);
        }
        if args.dry_run {
            self.settle(&mut info).await?;
            let observation = self.seen_with(&mut info, report, &credentials).await;
            name_after(&mut info, &observation);
            return Ok(New { steps, ..New::of(info, Some(observation)) });
        }
        let (token, kept) = self.keep_credentials(&mut info, &given).await?;
        let observation = self.seen_of(&mut info, report).await;
        name_after(&mut info, &observation);
        Ok(New { token, kept, steps, ..New::of(info, Some(observation)) })
    }

    /// The result of a probe with these credentials; an error when that is not an MCP server.
    pub(crate) async fn asked(
        &self,
        target: &ProbeTarget,
        credentials: Credentials,
        tls: Option<Tls>,
        url: &str,
    ) -> Result<ProbeReport, IntakeError> {
        let is_signed = !credentials.is_empty();
        let options = ProbeOptions {
            budget: LOOK_WITHIN,
            depth: Depth::Named,
            tasks: self.tasks.clone(),
            credentials,
            tls,
            ..ProbeOptions::default()
        };
        let report = probe(target, &options).await;
        if let Some(refused) = trust::stands_in_the_way(&report, is_signed) {
            return Err(trust::untrusted(url, refused.clone(), report));
        }
        let keeps = matches!(report.outcome, Outcome::Mcp | Outcome::NeedsSignIn);
        if keeps { Ok(report) } else { Err(no_server(url, report)) }
    }

    /// The result of the probe, if it read everything; else the server is asked once more, with what the user gave and
    /// nothing keeps yet.
    pub(crate) async fn seen_with(
        &self,
        info: &mut ServerInfo,
        report: ProbeReport,
        credentials: &Credentials,
    ) -> Observation {
        if let Some(contents) = report.contents {
            let ms = contents.round_trip_ms;
            return checks::well(*contents, ms);
        }
        if info.auth_required && credentials.is_empty() {
            return checks::seen(HealthStatus::NeedsSignIn, report.reason);
        }
        let identity = std::mem::replace(&mut info.identity, report.identity);
        let target = self.mesh.contact.target_signed(info, credentials).await;
        let observation = checks::measure_at(info, target, &self.tasks).await;
        info.identity = identity;
        observation
    }

    /// The result of the probe, if it read everything; else the server is asked once more.
    async fn seen_of(&self, info: &mut ServerInfo, report: ProbeReport) -> Observation {
        if let Some(contents) = report.contents {
            if let Err(error) = self.vault().sign(info, &mut Remote::new("")).await {
                return checks::seen(HealthStatus::NeedsSignIn, Some(error.to_string()));
            }
            let ms = contents.round_trip_ms;
            return checks::well(*contents, ms);
        }
        if info.auth_required && !self.vault().signs(info) {
            self.keep_place(info);
            return checks::seen(HealthStatus::NeedsSignIn, report.reason);
        }
        // The era that the probe found is not asked for again; all else is measured.
        info.identity = report.identity;
        let observation = checks::measure(info, &self.mesh.contact, &self.tasks).await;
        info.identity = None;
        observation
    }

    /// A server that a scan found a moment ago is not asked again, unless the user gives credentials that the scan did not
    /// have.
    fn just_seen(&self, url: &str, given: &Presented<'_>) -> Option<ProbedServer> {
        if !given.is_nothing() {
            return None;
        }
        let seen = self.sightings.at(url)?;
        let known = self.first_at(seen.row.id);
        (!known.is_some_and(|known| self.vault().signs(&known))).then_some(seen)
    }

    /// What was given, or what is kept for this address already.
    async fn credentials_for(&self, info: &ServerInfo, given: &Presented<'_>) -> Credentials {
        if !given.credentials.is_empty() {
            return given.credentials.clone();
        }
        let known = self.first_at(info.id);
        let Some(known) = known.filter(|known| self.vault().signs(known)) else {
            return Credentials::default();
        };
        let mut remote = Remote::new(known.target().unwrap_or_default());
        // Without them it is asked as a stranger, and says what it wants.
        let _ = self.vault().sign(&known, &mut remote).await;
        Credentials::of(&remote)
    }

    /// A server that requires authentication does not reveal its endpoint: an earlier result is better than a guess, unless
    /// its name is another now.
    fn keep_place(&self, info: &mut ServerInfo) {
        let origin = |info: &ServerInfo| Key::of(info, SecretPurpose::Token).map(|key| key.origin);
        let snapshot = self.registry.snapshot();
        let Some(known) = snapshot.get(info.id).map(|server| &server.info) else { return };
        if known.identity.is_some() && origin(known) == origin(info) {
            info.transport = known.transport;
            info.endpoint.clone_from(&known.endpoint);
        }
    }

    /// The child process that is started for the check is the one that is kept.
    async fn of_command(&self, command: &[String], args: &AddArgs) -> Result<New, IntakeError> {
        let [program, arguments @ ..] = command else {
            return Err(IntakeError::arguments("`stdio` needs a command: the program and its arguments"));
        };
        let arguments = arguments.to_vec();
        let mut info =
            ServerInfo::new_stdio(program_name(program), program, arguments, Source::Manual, now());
        if args.token.is_some()
            || args.token_env.is_some()
            || !args.header_env.is_empty()
            || !args.headers.is_empty()
            || args.says_whom_to_trust()
        {
            return Err(IntakeError::WantsEnvironment("a command takes no token, header or certificate"));
        }
        let env = with_environment(&mut info, args)?;
        if args.dry_run {
            self.settle(&mut info).await?;
            let (observation, steps) = self.try_command(&info, &env, args.call.clone()).await?;
            name_after(&mut info, &observation);
            return Ok(New { steps, ..New::of(info, Some(observation)) });
        }
        self.told_apart_by_env(&mut info, &env).await?;
        if args.no_probe {
            let kept = self.keep_env(&info, args).await?;
            return Ok(New { kept, ..New::of(info, None) });
        }
        let adding = self.adds.begin(args.call.clone())?;
        let Some(session) = self.started(&info, &env, &adding).await? else {
            let kept = self.keep_env(&info, args).await?;
            return Ok(New { kept, ..New::of(info, None) });
        };
        let (contents, ms) = checks::look_in(&session, LOOK_WITHIN).await?;
        let observation = checks::well(contents, ms);
        name_after(&mut info, &observation);
        // Of a command that does not run nothing is kept.
        let kept = self.keep_env(&info, args).await?;
        Ok(New { kept, ..New::of(info, Some(observation)) })
    }
}

/// A record of what a scan found.
fn as_seen(info: ServerInfo, ProbedServer { row, contents, at, .. }: ProbedServer) -> New {
    let mut info = ServerInfo { id: row.id, transport: row.transport, endpoint: Some(row.url), ..info };
    info.auth_required = row.auth_required;
    let ms = contents.round_trip_ms;
    let observation = Observation { at, ..checks::well(contents, ms) };
    name_after(&mut info, &observation);
    New::of(info, Some(observation))
}

/// What a probe found out about the endpoint and transport of a server.
pub(crate) fn learn(info: &mut ServerInfo, report: &ProbeReport) {
    info.transport = report.transport.unwrap_or(Transport::Http);
    info.endpoint.clone_from(&report.endpoint);
    info.auth_required = report.auth_required;
    info.tls = trust::seen(info.tls.take(), report);
}

/// The server that would be kept, as it was just seen.
pub(crate) fn as_it_would_be(mut info: ServerInfo, observation: Option<&Observation>) -> Server {
    let mut health = Health::unknown();
    if let Some(seen) = observation {
        (health.status, health.reason) = (seen.status, seen.reason.clone());
        (health.response_time_ms, health.checked_at) = (seen.response_time_ms, Some(seen.at));
        if let Some(contents) = seen.contents.clone() {
            (info.identity, info.tools) = (Some(contents.identity), contents.tools);
            (info.resources, info.prompts) = (contents.resources, contents.prompts);
            info.definitions = contents.definitions;
        }
    }
    Server { info: Arc::new(info), health }
}

/// A record that is named after its address until the server reports a name.
pub(crate) fn at_address(url: &str, source: Source) -> Result<ServerInfo, IntakeError> {
    let wrong = |error: model::EndpointError| IntakeError::arguments(error.to_string());
    let endpoint = Endpoint::parse(url).map_err(wrong)?;
    ServerInfo::new_http(endpoint.url().authority(), url, source, now()).map_err(wrong)
}

/// The program without its folder.
fn program_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(program)
}

/// The name that a server reports is its name, until the user gives another.
fn name_after(info: &mut ServerInfo, observation: &Observation) {
    let said = observation.contents.as_ref().map(|contents| contents.identity.name.trim());
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        said.clone_into(&mut info.name);
    }
}

fn no_server(url: &str, report: ProbeReport) -> IntakeError {
    IntakeError::NoServer { url: url.to_owned(), report: Box::new(report) }
}
