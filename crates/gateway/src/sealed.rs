//! Values that clients are given to send back: the session of a legacy client (MCP 2025-03-26 to 2025-11-25), and the state
//! of a modern one's request. Nothing is kept here for a session: its id contains everything, and is sealed, so that it
//! continues after a restart of ours. It ends with its token or the key, or when its client ends it.

use std::collections::{HashSet, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use model::{Millis, ServerId};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::clients::hex;

const CODER: GeneralPurpose = URL_SAFE_NO_PAD;

/// How many ended sessions are remembered.
const MOST_ENDS: usize = 10_000;

/// The contents of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientSession {
    /// Distinguishes it from others of the same client.
    pub(crate) nonce: String,
    /// The revision.
    pub(crate) version: String,
    /// The capabilities that it declared, in JSON.
    pub(crate) capabilities: String,
}

/// The state that a modern client sends back when a server needed more input (MCP 2026-07-28, `requestState`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedState {
    /// The server that asked.
    pub(crate) server: ServerId,
    /// The request it is for.
    pub(crate) method: String,
    pub(crate) name: String,
    /// Until when it is valid.
    pub(crate) until: Millis,
    /// The server's own state, in JSON; absent where it gave none.
    pub(crate) state: Option<String>,
}

/// Creates and reads ids of sessions.
#[derive(Debug)]
pub(crate) struct Seal {
    /// Initialised with the key; each seal is a copy of it.
    mac: Option<Hmac<Sha256>>,
    ended: Mutex<(HashSet<String>, VecDeque<String>)>,
}

impl Seal {
    pub(crate) fn new(key: &str) -> Self {
        // A key of any length will do.
        Self { mac: Hmac::new_from_slice(key.as_bytes()).ok(), ended: Mutex::default() }
    }

    /// The id of a session of this client.
    pub(crate) fn begin(&self, client: &str, version: &str, capabilities: &str) -> String {
        let nonce = Uuid::new_v4().simple().to_string();
        let declared = CODER.encode(capabilities);
        let mac = self.mac("session", client, &[version, &nonce, &declared]);
        format!("{nonce}.{version}.{declared}.{mac}")
    }

    /// The session of an id, if it belongs to this client and was not ended.
    pub(crate) fn open(&self, client: &str, id: &str) -> Option<ClientSession> {
        let mut parts = id.split('.');
        let (nonce, version, declared) = (parts.next()?, parts.next()?, parts.next()?);
        let mac = parts.next().filter(|_| parts.next().is_none())?;
        let is_ours = is_same(mac, &self.mac("session", client, &[version, nonce, declared]));
        if !is_ours || self.ended.lock().0.contains(nonce) {
            return None;
        }
        let capabilities = String::from_utf8(CODER.decode(declared).ok()?).ok()?;
        Some(ClientSession { nonce: nonce.to_owned(), version: version.to_owned(), capabilities })
    }

    /// The state that this client is given to send back.
    pub(crate) fn state(&self, client: &str, state: &SealedState) -> String {
        let said = CODER.encode(serde_json::to_string(state).unwrap_or_default());
        let mac = self.mac("state", client, &[&said]);
        format!("{said}.{mac}")
    }

    /// The state that this client sent back, if it was given it for this.
    pub(crate) fn open_state(&self, client: &str, text: &str) -> Option<SealedState> {
        let (said, mac) = text.split_once('.')?;
        if !is_same(mac, &self.mac("state", client, &[said])) {
            return None;
        }
        serde_json::from_slice(&CODER.decode(said).ok()?).ok()
    }

    /// Ends a session. The last ends are remembered while the process runs.
    pub(crate) fn end(&self, session: &ClientSession) {
        let (set, order) = &mut *self.ended.lock();
        if set.insert(session.nonce.clone()) {
            order.push_back(session.nonce.clone());
        }
        if order.len() > MOST_ENDS
            && let Some(oldest) = order.pop_front()
        {
            set.remove(&oldest);
        }
    }

    fn mac(&self, what: &str, client: &str, parts: &[&str]) -> String {
        let Some(mut mac) = self.mac.clone() else { return String::new() };
        mac.update(format!("mcp-discovery gateway {what}\0{client}\0{}", parts.join("\0")).as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

fn is_same(mac: &str, ours: &str) -> bool {
    !ours.is_empty() && mac.as_bytes().ct_eq(ours.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_outlives_the_process_and_belongs_to_one_client() {
        let id = Seal::new("key").begin("a", "2025-11-25", r#"{"roots":{}}"#);
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()));
        let seal = Seal::new("key");
        let session = seal.open("a", &id).unwrap();
        assert_eq!(
            (session.version.as_str(), session.capabilities.as_str()),
            ("2025-11-25", r#"{"roots":{}}"#)
        );
        assert!(seal.open("b", &id).is_none(), "another client");
        assert!(Seal::new("other").open("a", &id).is_none(), "another key");
        seal.end(&session);
        assert!(seal.open("a", &id).is_none(), "it was ended");
    }

    #[test]
    fn what_was_altered_is_no_session() {
        let seal = Seal::new("key");
        let id = seal.begin("a", "2025-11-25", r#"{"roots":{}}"#);
        for at in 0..id.len() {
            let mut other = id.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            assert!(seal.open("a", &String::from_utf8(other).unwrap()).is_none(), "{at}");
        }
        for odd in ["", ".", "..", "...", &format!("{id}.x"), &id[..id.len() - 1]] {
            assert!(seal.open("a", odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_state_is_of_one_client_and_unaltered() {
        let seal = Seal::new("key");
        let (method, name) = ("tools/call".to_owned(), "a".to_owned());
        let state =
            SealedState { server: ServerId::mint("a"), method, name, until: 1, state: Some("{}".to_owned()) };
        let text = seal.state("a", &state);
        assert_eq!(seal.open_state("a", &text), Some(state));
        assert_eq!(seal.open_state("b", &text), None);
        assert_eq!(seal.open_state("a", &format!("{text}-TAMPERED")), None);
        assert_eq!(seal.open_state("a", &format!("x{text}")), None);
        for odd in ["", ".", "a.b"] {
            assert_eq!(seal.open_state("a", odd), None);
        }
    }

    #[test]
    fn only_so_many_ends_are_remembered() {
        let seal = Seal::new("key");
        for _ in 0..MOST_ENDS + 10 {
            let id = seal.begin("a", "2025-11-25", r#"{"roots":{}}"#);
            seal.end(&seal.open("a", &id).unwrap());
        }
        let (set, order) = &*seal.ended.lock();
        assert_eq!((set.len(), order.len()), (MOST_ENDS, MOST_ENDS));
    }
}
