//! The keyring of this computer: Secret Service, Keychain, Credential Manager. Its calls block, and may wait for the user to
//! enter a password, so they have a thread of their own and every request has a deadline. The thread is not one of tokio's:
//! a runtime that ends would wait for it.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use keyring::{Entry, Error};
use mcp::Secret;
use tokio::sync::oneshot;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{SecretError, held};

/// Our name in the keyring.
const SERVICE: &str = "mcp-discovery";

/// For reading, between two rounds of a check.
const READ_WITHIN: Duration = Duration::from_secs(5);

/// The time limit for unlocking the keyring, which means typing a password.
const WRITE_WITHIN: Duration = Duration::from_secs(30);

/// How long a locked or silent keyring is not asked again: each request may open a window.
const REST: Duration = Duration::from_mins(5);

type KeyringJob = Box<dyn FnOnce() + Send>;

/// The channel to the keyring. Nothing happens before the first request.
#[derive(Clone, Default)]
pub(super) struct Keyring {
    jobs: Arc<OnceLock<Sender<KeyringJob>>>,
    state: Arc<Mutex<KeyringState>>,
}

#[derive(Default)]
struct KeyringState {
    /// Until when it is not read, and why.
    rest: Option<(Instant, SecretError)>,
    /// When the request was sent that has no answer yet.
    asked: Option<Instant>,
}

impl Keyring {
    /// Whether there is one.
    pub(super) async fn is_there(&self) -> Result<(), SecretError> {
        self.ask(READ_WITHIN, || match Entry::store_status() {
            Ok(()) => Ok(()),
            Err(error) => Err(SecretError::NoKeyring(why(error))),
        })
        .await
    }

    /// The secret of this account.
    pub(super) async fn get(&self, account: String) -> Result<Secret, SecretError> {
        let rest = self.state().rest.clone();
        if let Some((until, error)) = rest
            && Instant::now() < until
        {
            return Err(error);
        }
        let asked = self.ask(READ_WITHIN, move || Ok(text(entry(&account)?.get_secret()?))).await;
        if let Err(error @ (SecretError::Locked | SecretError::Silent(_))) = &asked {
            self.state().rest = Some((Instant::now() + REST, error.clone()));
        }
        asked?
    }

    /// Keeps a secret. One that arrives after we gave up is taken out again.
    pub(super) async fn put(&self, account: String, secret: Secret) -> Result<(), SecretError> {
        self.wake();
        let (given_up, gave_up) = oneshot::channel::<()>();
        let put = self.ask(WRITE_WITHIN, move || {
            let entry = entry(&account)?;
            entry.set_secret(secret.expose().as_bytes())?;
            let mut gave_up = gave_up;
            if gave_up.try_recv() == Err(oneshot::error::TryRecvError::Closed) {
                entry.delete_credential()?;
            }
            Ok(())
        });
        let put = put.await;
        drop(given_up);
        put
    }

    /// Removes a secret; a missing one counts as removed.
    pub(super) async fn delete(&self, account: String) -> Result<(), SecretError> {
        self.wake();
        self.ask(WRITE_WITHIN, move || match entry(&account)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// The user is there: the next request is sent.
    pub(super) fn wake(&self) {
        self.state().rest = None;
    }

    fn state(&self) -> MutexGuard<'_, KeyringState> {
        held(&self.state)
    }

    /// One request after the other. Those whose requester has gone are not sent, and while an answer is overdue nothing
    /// waits for the next.
    async fn ask<T: Send + 'static>(
        &self,
        within: Duration,
        question: impl FnOnce() -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let overdue = self.state().asked.map(|asked| asked.elapsed()).filter(|waited| *waited > READ_WITHIN);
        if let Some(waited) = overdue {
            return Err(SecretError::Silent(waited));
        }
        let (reply, answer) = oneshot::channel();
        let state = self.state.clone();
        let job = move || {
            if reply.is_closed() {
                return;
            }
            held(&state).asked = Some(Instant::now());
            let answered = question();
            held(&state).asked = None;
            if reply.send(answered).is_err() {
                // It answers again, only too late for this question.
                held(&state).rest = None;
            }
        };
        let ended = || SecretError::Refused("its thread has ended; start MCP Discovery again".to_owned());
        self.jobs.get_or_init(thread).send(Box::new(job)).map_err(|_| ended())?;
        match tokio::time::timeout(within, answer).await {
            Ok(answered) => answered.map_err(|_| ended())?,
            Err(_) => Err(SecretError::Silent(within)),
        }
    }
}

/// It ends with the last handle, or with the process when the keyring never answers.
fn thread() -> Sender<KeyringJob> {
    let (sender, jobs) = channel::<KeyringJob>();
    let work = move || jobs.into_iter().for_each(|job| job());
    if let Err(error) = std::thread::Builder::new().name("keyring".to_owned()).spawn(work) {
        tracing::error!(%error, "there is no thread for the keyring");
    }
    sender
}

fn entry(account: &str) -> Result<Entry, SecretError> {
    Ok(Entry::new(SERVICE, account)?)
}

fn text(bytes: Vec<u8>) -> Result<Secret, SecretError> {
    let bytes = Zeroizing::new(bytes);
    std::str::from_utf8(&bytes).map(Secret::new).map_err(|_| SecretError::Gone)
}

impl From<Error> for SecretError {
    /// Never by `Debug`: some of these errors contain the secret.
    fn from(error: Error) -> Self {
        match error {
            Error::NoDefaultStore => {
                let why = Entry::store_status().as_ref().err().map_or_else(String::new, why);
                Self::NoKeyring(why)
            }
            Error::NoStorageAccess(_) => Self::Locked,
            Error::NoEntry | Error::BadEncoding(_) => Self::Gone,
            Error::PlatformFailure(cause) => Self::Refused(short(&cause.to_string())),
            other => Self::Refused(short(&other.to_string())),
        }
    }
}

/// Why there is no keyring, in words: a session bus is missing, or a keyring service on it.
fn why(error: &Error) -> String {
    let said = match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => short(&cause.to_string()),
        other => short(&other.to_string()),
    };
    if said.contains("connect to address") || said.contains("I/O error") {
        return "no desktop session runs".to_owned();
    }
    if said.contains("org.freedesktop.secrets") || said.contains("ServiceUnknown") {
        return "the desktop session has none".to_owned();
    }
    said
}

/// One line of a foreign message.
fn short(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(200).collect()
}
