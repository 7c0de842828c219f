//! Adding a server and measuring one: the operations that ask a server what it is.

use std::time::Duration;

use checks::LOOK_WITHIN;
use mcp::{ProbeOptions, ProbeReport, probe, resolve};
use model::{Endpoint, HealthStatus, Outcome, ServerId, ServerInfo, Source, Transport};
use registry::{Observation, Origin, Upserted};
use serde_json::{Value, json};

use super::given::{with_environment, without_keys_in_url};
use super::look::find;
use super::{AddArgs, Added, ApiError, ErrorCode, KeptIn, KeptSecret};
use crate::{App, headers, now};
use vault::{Key, Slot};

/// For a command to start: it may have to fetch its packages first.
const START_WITHIN: Duration = Duration::from_mins(2);

/// A server that is about to be kept.
struct New {
    info: ServerInfo,
    observation: Option<Observation>,
    token: Option<KeptIn>,
    kept: Option<KeptIn>,
}

impl App {
    pub(super) async fn add(&self, args: AddArgs) -> Result<Added, ApiError> {
        let (args, taken) = without_keys_in_url(args);
        // A stop does not wait for a server that is being asked, only for the end of what was begun with it.
        let _under_way = self.0.tasks.token();
        let met = self.0.stop.run_until_cancelled(Box::pin(self.meet(&args))).await;
        let stopped = || ApiError::new(ErrorCode::Internal, "the core stops: nothing was added");
        let New { mut info, observation, token, kept } = met.unwrap_or_else(|| Err(stopped()))?;
        match (&args.name, self.0.registry.snapshot().get(info.id)) {
            (Some(name), _) => info.name.clone_from(name),
            // A name that somebody gave is not replaced by what the server calls itself.
            (None, Some(known)) => info.name.clone_from(&known.info.name),
            (None, None) => {}
        }
        info.metadata = args.metadata.unwrap_or_default();
        info.capabilities = args.capabilities.unwrap_or_default();
        Ok(Added { token, kept, taken, ..self.keep(info, observation).await? })
    }

    async fn meet(&self, args: &AddArgs) -> Result<New, ApiError> {
        match (&args.url, &args.stdio) {
            (Some(url), None) => self.at_url(url, args).await,
            (None, Some(command)) => self.of_command(command, args).await,
            _ => Err(ApiError::arguments("give either a `url` or a `stdio` command")),
        }
    }

    /// Keeps a server that a person added, then what was just measured of it.
    async fn keep(&self, info: ServerInfo, observation: Option<Observation>) -> Result<Added, ApiError> {
        let id = info.id;
        let label = format!("added {}", info.name);
        let committed = self.0.registry.upsert(vec![info], Origin::Person { label }).await?;
        if let Some(observation) = observation {
            self.0.registry.observe(id, observation).await?;
        }
        let server = find(&self.0.registry.snapshot(), &id.to_string())?.into();
        let updated = committed
            .upserted
            .iter()
            .any(|(_, what)| matches!(what, Upserted::Updated | Upserted::Unchanged));
        let undo = committed
            .undo
            .ok_or_else(|| ApiError::new(ErrorCode::Internal, "the change was not journaled"))?;
        Ok(Added { server, updated, undo, token: None, kept: None, taken: Vec::new() })
    }

    async fn at_url(&self, url: &str, args: &AddArgs) -> Result<New, ApiError> {
        let url = with_scheme(url);
        let mut info = at_address(&url, Source::Manual)?;
        info.token_env.clone_from(&args.token_env);
        info.header_env = headers::checked(&args.header_env)?;
        if args.no_probe {
            let (token, kept) = self.keep_token(&mut info, args).await?;
            return Ok(New { info, observation: None, token, kept });
        }
        let target = resolve(&url).await.map_err(|error| ApiError::arguments(error.to_string()))?;
        // A person named this address: wherever it leads now, it may lead, and no farther later.
        info.reach = Some(mcp::reach(target.host));
        let options = ProbeOptions { tasks: self.0.tasks.clone(), ..ProbeOptions::default() };
        let report = probe(&target, &options).await;
        let keeps = matches!(report.outcome, Outcome::Mcp | Outcome::NeedsSignIn);
        if !keeps && let Some(observation) = self.met_with_keys(&mut info, args).await {
            let (token, kept) = self.keep_token(&mut info, args).await?;
            name_after(&mut info, &observation);
            return Ok(New { info, observation: Some(observation), token, kept });
        }
        if !keeps {
            return Err(no_server(&url, &report));
        }
        info.transport = report.transport.unwrap_or(Transport::Http);
        info.endpoint.clone_from(&report.endpoint);
        info.auth_required = report.auth_required;
        if let Some(endpoint) = &report.endpoint {
            info.id = ServerId::for_url(info.transport, endpoint).unwrap_or(info.id);
        }
        if let Some(said) = &report.identity {
            info.name.clone_from(&said.name);
        }
        let (token, kept) = self.keep_token(&mut info, args).await?;
        if info.auth_required && !self.0.vault().signs(&info) {
            self.keep_place(&mut info);
            let observation = Some(checks::seen(HealthStatus::NeedsSignIn, report.reason));
            return Ok(New { info, observation, token, kept });
        }
        // The era that the probe found is not asked for again; all else is measured.
        info.identity.clone_from(&report.identity);
        let observation = checks::measure(&mut info, &self.0.mesh.contact, &self.0.tasks).await;
        info.identity = None;
        name_after(&mut info, &observation);
        Ok(New { info, observation: Some(observation), token, kept })
    }

    /// A server that asks who we are does not say where it is: what was found out before is better than a guess, unless
    /// it is now called by another name.
    fn keep_place(&self, info: &mut ServerInfo) {
        let origin = |info: &ServerInfo| Key::of(info, Slot::Token).map(|key| key.origin);
        let snapshot = self.0.registry.snapshot();
        let Some(known) = snapshot.get(info.id).map(|server| &server.info) else { return };
        if known.identity.is_some() && origin(known) == origin(info) {
            info.transport = known.transport;
            info.endpoint.clone_from(&known.endpoint);
        }
    }

    /// Keeps what was given for a server, whose id it decides: another key is another server.
    async fn keep_token(
        &self,
        info: &mut ServerInfo,
        args: &AddArgs,
    ) -> Result<(Option<KeptIn>, Option<KeptIn>), ApiError> {
        self.told_apart_by_query(info, args).await?;
        Ok((self.keep_bearer(info, args).await?, self.keep_query(info, args).await?))
    }

    /// Two places for one token would leave open which of them counts.
    async fn keep_bearer(&self, info: &ServerInfo, args: &AddArgs) -> Result<Option<KeptIn>, ApiError> {
        match (&args.token, &args.token_env) {
            (Some(token), None) => {
                Ok(Some(self.keep_secret(info, Slot::Token, token, args.token_place).await?))
            }
            (Some(_), Some(_)) => {
                Err(ApiError::arguments("give either a token or the variable that holds it"))
            }
            (None, Some(variable)) if self.kept_secrets(Some(info)).iter().any(KeptSecret::is_token) => {
                let id = info.id;
                Err(ApiError::arguments(format!(
                    "a token is kept for this server and would be sent instead of `{variable}`: forget it first (mcp-discovery secret rm {id})"
                )))
            }
            (None, _) => Ok(None),
        }
    }

    /// The child that is started to be looked at is the one that is kept.
    async fn of_command(&self, command: &[String], args: &AddArgs) -> Result<New, ApiError> {
        let [program, arguments @ ..] = command else {
            return Err(ApiError::arguments("`stdio` needs a command: the program and its arguments"));
        };
        let arguments = arguments.to_vec();
        let mut info =
            ServerInfo::new_stdio(program_name(program), program, arguments, Source::Manual, now());
        if args.token.is_some() || args.token_env.is_some() || !args.header_env.is_empty() {
            return Err(ApiError::arguments(
                "a stdio server takes no token or header: give it an environment (`--env NAME=-`)",
            ));
        }
        let env = with_environment(&mut info, args)?;
        self.told_apart_by_env(&mut info, &env).await?;
        if args.no_probe {
            let kept = self.keep_env(&info, args).await?;
            return Ok(New { info, observation: None, token: None, kept });
        }
        let target = self.0.mesh.contact.target_given(&info, &env).await?;
        let session = self.0.mesh.sessions.get(&info, &target, START_WITHIN).await?;
        let (contents, ms) = checks::look_in(&session, LOOK_WITHIN).await?;
        let observation = checks::well(contents, ms);
        name_after(&mut info, &observation);
        // Of a command that does not run nothing is kept.
        let kept = self.keep_env(&info, args).await?;
        Ok(New { info, observation: Some(observation), token: None, kept })
    }
}

/// `localhost:3000` is accepted as people write it.
fn with_scheme(url: &str) -> String {
    let url = url.trim();
    if url.contains("://") || url.is_empty() { url.to_owned() } else { format!("http://{url}") }
}

/// A record that is named after its address until the server says what it is called.
pub(super) fn at_address(url: &str, source: Source) -> Result<ServerInfo, ApiError> {
    let wrong = |error: model::EndpointError| ApiError::arguments(error.to_string());
    let endpoint = Endpoint::parse(url).map_err(wrong)?;
    ServerInfo::new_http(endpoint.url().authority(), url, source, now()).map_err(wrong)
}

/// The program without its folder.
fn program_name(program: &str) -> &str {
    program.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(program)
}

/// What a server calls itself is its name, until a person gives another.
fn name_after(info: &mut ServerInfo, observation: &Observation) {
    let said = observation.contents.as_ref().map(|contents| contents.identity.name.trim());
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        said.clone_into(&mut info.name);
    }
}

fn no_server(url: &str, report: &ProbeReport) -> ApiError {
    let code = if report.open { ErrorCode::ProtocolError } else { ErrorCode::TransportFailed };
    let reason = report.reason.as_deref().unwrap_or("it did not answer as one");
    let advice = match report.outcome {
        Outcome::Probable => "; if you know that it is one, add it with --no-probe",
        _ => "",
    };
    let message = format!("no MCP server at `{url}`: {reason}{advice}");
    let evidence: Vec<Value> = report
        .evidence
        .iter()
        .map(|step| json!({ "sent": step.sent, "received": step.received, "ms": step.ms }))
        .collect();
    ApiError::new(code, message).with(json!({ "outcome": report.outcome, "evidence": evidence }))
}
