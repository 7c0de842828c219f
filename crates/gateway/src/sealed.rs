//! Sessions of legacy clients (MCP 2025-03-26 to 2025-11-25). Nothing of one is kept here: its id says all there is to know, and
//! is sealed, so that it goes on after a restart of ours. It ends with its token or the key, or when its client ends it.

use std::collections::{HashSet, VecDeque};

use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::clients::hex;

/// How many ends of sessions are remembered.
const MOST_ENDS: usize = 10_000;

/// What a client agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientSession {
    /// Tells it apart from others of the same client.
    pub(crate) nonce: String,
    /// The revision.
    pub(crate) version: String,
}

/// Makes and reads ids of sessions.
#[derive(Debug)]
pub(crate) struct Seal {
    key: String,
    ended: Mutex<(HashSet<String>, VecDeque<String>)>,
}

impl Seal {
    pub(crate) fn new(key: String) -> Self {
        Self { key, ended: Mutex::default() }
    }

    /// A session of this client, and its id.
    pub(crate) fn begin(&self, client: &str, version: &str) -> String {
        let nonce = Uuid::new_v4().simple().to_string();
        let mac = self.mac(client, version, &nonce);
        format!("{nonce}.{version}.{mac}")
    }

    /// The session that an id stands for, if this client has it and did not end it.
    pub(crate) fn open(&self, client: &str, id: &str) -> Option<ClientSession> {
        let mut parts = id.split('.');
        let (nonce, version, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let is_ours: bool = mac.as_bytes().ct_eq(self.mac(client, version, nonce).as_bytes()).into();
        let is_open = is_ours && !mac.is_empty() && !self.ended.lock().0.contains(nonce);
        is_open.then(|| ClientSession { nonce: nonce.to_owned(), version: version.to_owned() })
    }

    /// Ends a session. That it ended is remembered while the process runs, of the last so many.
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

    fn mac(&self, client: &str, version: &str, nonce: &str) -> String {
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()) else { return String::new() };
        mac.update(format!("mcp-discovery gateway session\0{client}\0{version}\0{nonce}").as_bytes());
        hex(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_outlives_the_process_and_belongs_to_one_client() {
        let id = Seal::new("key".to_owned()).begin("a", "2025-11-25");
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()));
        let seal = Seal::new("key".to_owned());
        let session = seal.open("a", &id).unwrap();
        assert_eq!(session.version, "2025-11-25");
        assert!(seal.open("b", &id).is_none(), "another client");
        assert!(Seal::new("other".to_owned()).open("a", &id).is_none(), "another key");
        seal.end(&session);
        assert!(seal.open("a", &id).is_none(), "it was ended");
    }

    #[test]
    fn what_was_altered_is_no_session() {
        let seal = Seal::new("key".to_owned());
        let id = seal.begin("a", "2025-11-25");
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
    fn only_so_many_ends_are_remembered() {
        let seal = Seal::new("key".to_owned());
        for _ in 0..MOST_ENDS + 10 {
            let id = seal.begin("a", "2025-11-25");
            seal.end(&seal.open("a", &id).unwrap());
        }
        let (set, order) = &*seal.ended.lock();
        assert_eq!((set.len(), order.len()), (MOST_ENDS, MOST_ENDS));
    }
}
