//! The core that a command uses: the one that owns the data directory, over its HTTP face, or, when none runs, one of its
//! own.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use api::{ApiError, Empty, ErrorCode, Operations, Perform};
use app::{App, Options, OwnerCard, OwnerKind, StartError};
use futures::{Stream, StreamExt, future};
use model::{EventBatch, ServerRow};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response};
use serde_json::Value;
use serde_json::value::RawValue;
use sse_stream::SseStream;
use tokio::time::{Instant, sleep, timeout_at};

use crate::args::Common;
use crate::failure::CommandFailure;
use crate::print::note;

/// Another command uses the directory only for a moment: worth waiting for.
const WAIT_FOR_COMMANDS: Duration = Duration::from_secs(20);
const ASK_AGAIN: Duration = Duration::from_millis(15);

/// Batches of events.
pub(crate) type Batches = Pin<Box<dyn Stream<Item = EventBatch<ServerRow>> + Send>>;

pub(crate) enum OpenCore {
    Own(App),
    Remote(RemoteCore),
}

impl OpenCore {
    /// Finds the owner of the data directory, or becomes it; with `mends_config`, also when the configuration is broken.
    pub(crate) async fn open(common: &Common, mends_config: bool) -> Result<Self, CommandFailure> {
        let give_up = Instant::now() + WAIT_FOR_COMMANDS;
        loop {
            let options = Options { mends_config, ..options(common, OwnerKind::Command) };
            let (dir, owner) = match App::start(options).await {
                Ok(app) => {
                    app.found().iter().for_each(|found| note(found));
                    return Ok(Self::Own(app));
                }
                Err(StartError::Owned { dir, owner }) => (dir, owner),
                Err(error) => return Err(error.into()),
            };
            if let Some(remote) = owner.as_deref().and_then(reach) {
                // A process that was stopped still accepts connections, and says nothing.
                match timeout_at(give_up, remote.status(Empty {})).await {
                    Ok(Ok(_)) => return Ok(Self::Remote(remote)),
                    Ok(Err(error)) if Instant::now() >= give_up => return Err(error.into()),
                    Ok(Err(_)) | Err(_) => {}
                }
            }
            if Instant::now() >= give_up {
                return Err(StartError::Owned { dir, owner }.into());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Subscribed when this returns: later events are received.
    pub(crate) async fn events(&self) -> Result<Batches, CommandFailure> {
        match self {
            Self::Own(app) => Ok(Box::pin(app.events().map(EventBatch::into_rows))),
            Self::Remote(remote) => Ok(remote.events().await?),
        }
    }

    /// Leaves the directory in order: everything written, the lock free.
    pub(crate) async fn close(self) {
        if let Self::Own(app) = self {
            app.shutdown().await;
        }
    }
}

impl Perform for OpenCore {
    async fn perform(&self, name: &str, args: Value) -> Result<Box<RawValue>, ApiError> {
        match self {
            Self::Own(app) => app.perform(name, args).await,
            Self::Remote(remote) => remote.perform(name, args).await,
        }
    }
}

pub(crate) fn options(common: &Common, face: OwnerKind) -> Options {
    let (data_dir, config) = (common.data_dir.clone().map(absolute), common.config.clone());
    Options { data_dir, config, face, mends_config: false }
}

/// Other processes read the path of the token from the owner's file, whatever their current folder is.
fn absolute(dir: PathBuf) -> PathBuf {
    std::path::absolute(&dir).unwrap_or(dir)
}

/// The owner's address and secret; none while it starts, or for a command that does not listen.
fn reach(owner: &OwnerCard) -> Option<RemoteCore> {
    let address = owner.address.as_ref()?;
    let token = std::fs::read_to_string(&owner.token_file).ok()?;
    RemoteCore::new(address, &token)
}

/// How often to check that the core still answers while an operation is under way.
const LOOK: Duration = Duration::from_secs(2);

/// A core that does not answer within this time counts as stopped.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The same for a stream of events, which sends something every 15 seconds.
const SILENT_EVENTS: Duration = Duration::from_mins(1);

pub(crate) struct RemoteCore {
    client: Client,
    events: Client,
    address: String,
    token: String,
}

impl RemoteCore {
    /// No proxy: the owner is on this computer.
    pub(crate) fn new(address: &str, token: &str) -> Option<Self> {
        let mut secret = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        secret.set_sensitive(true);
        mcp::install_crypto();
        let headers = HeaderMap::from_iter([(AUTHORIZATION, secret)]);
        let client = || Client::builder().default_headers(headers.clone()).no_proxy();
        // The core says something every 15 s.
        let (client, events) = (client().build().ok()?, client().read_timeout(SILENT_EVENTS).build().ok()?);
        Some(Self { client, events, address: address.to_owned(), token: token.to_owned() })
    }

    /// Ends when the core no longer answers. A long operation is waited for as long as it takes, since its deadline is the
    /// core's; a core that was stopped has none.
    async fn falls_silent(&self) {
        let url = format!("{}/healthz", self.address);
        loop {
            sleep(LOOK).await;
            let asked = self.client.get(&url).timeout(ANSWERS_WITHIN).send();
            if asked.await.is_err() {
                return;
            }
        }
    }

    /// The link that signs a browser in.
    pub(crate) fn link(&self) -> String {
        format!("{}/#token={}", self.address, self.token)
    }

    pub(crate) async fn events(&self) -> Result<Batches, ApiError> {
        let url = format!("{}/api/v1/events", self.address);
        let answer = self.events.get(url).send().await.and_then(Response::error_for_status);
        let stream = SseStream::from_bytes_stream(answer.map_err(|error| self.lost(&error))?.bytes_stream());
        let batches = stream.filter_map(|event| {
            let data = event.ok().and_then(|event| event.data);
            future::ready(data.and_then(|data| serde_json::from_str(&data).ok()))
        });
        Ok(Box::pin(batches))
    }

    fn lost(&self, error: &reqwest::Error) -> ApiError {
        let message = format!("the core at {} does not answer: {error}", self.address);
        ApiError::new(ErrorCode::Internal, message)
    }

    fn silent(&self) -> ApiError {
        let message = format!(
            "the core at {} no longer answers: it was stopped, or its computer is too busy; the request may \
             still be carried out",
            self.address
        );
        ApiError::new(ErrorCode::Timeout, message)
    }

    fn odd(&self) -> ApiError {
        let message = format!(
            "the core at {} answered something else than it promises: is it another version?",
            self.address
        );
        ApiError::new(ErrorCode::Internal, message)
    }
}

impl Perform for RemoteCore {
    async fn perform(&self, name: &str, args: Value) -> Result<Box<RawValue>, ApiError> {
        let url = format!("{}/api/v1/{name}", self.address);
        let asked = async {
            let answer = self.client.post(url).json(&args).send().await?;
            let fine = answer.status().is_success();
            answer.bytes().await.map(|body| (fine, body))
        };
        let (fine, body) = tokio::select! {
            answered = asked => answered.map_err(|error| self.lost(&error))?,
            () = self.falls_silent() => return Err(self.silent()),
        };
        let parsed =
            if fine { serde_json::from_slice(&body).map(Ok) } else { serde_json::from_slice(&body).map(Err) };
        parsed.unwrap_or_else(|_| Err(self.odd()))
    }
}
