//! What a server is given besides its address: an environment, a folder, headers, keys of its query. Names go to the record,
//! values to the vault, and both distinguish two servers at one address.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use api::{AddArgs, ImportArgs, KeptIn};
use mcp::Secret;
use model::{Given, GivenSecret, ServerId, ServerInfo, Transport, is_reference, without_keys};
use vault::SecretPurpose;

use crate::credentials::{in_clear, is_here, slot_of};
use crate::{Intake, IntakeError};

/// The source of the servers that are distinguished.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The user adds one: missing values are filled in.
    Hand,
    /// A file lists them: a command that the user agreed to stays as it is.
    File,
}

/// Takes what looks like a key out of the address. It is treated as if it had been given as a secret.
pub(crate) fn without_keys_in_url(args: AddArgs) -> (AddArgs, Vec<String>) {
    let Some(url) = &args.url else { return (args, Vec::new()) };
    let (url, keys) = without_keys(url.trim());
    let taken: Vec<String> = keys.keys().cloned().collect();
    let mut args = AddArgs { url: Some(url), ..args };
    for (name, value) in keys {
        args.query.entry(name).or_insert_with(|| GivenSecret::new(value));
    }
    (args, taken)
}

/// What was given for a command: its record with names and folder, and the values of its environment.
pub(crate) fn with_environment(
    info: &mut ServerInfo,
    args: &AddArgs,
) -> Result<Vec<(String, Secret)>, IntakeError> {
    if !args.query.is_empty() {
        return Err(IntakeError::arguments(
            "a command has no URL and takes no key of a query: give it an environment",
        ));
    }
    if let Some(cwd) = &args.cwd {
        info.cwd = Some(folder(cwd)?);
    }
    let mut values = Vec::new();
    for (name, value) in &args.env {
        let slot = slot_of(None, Some(name), None)?;
        info.env.insert(name.clone());
        if let Some(value) = value {
            let secret = slot.fit(value).map_err(|error| IntakeError::arguments(error.to_string()))?;
            values.push((name.clone(), secret));
        }
    }
    Ok(values)
}

fn folder(cwd: &str) -> Result<String, IntakeError> {
    let path = Path::new(cwd);
    if !path.is_absolute() {
        return Err(IntakeError::arguments(format!(
            "`{cwd}` is not a full path: give the full path of the folder"
        )));
    }
    if !path.is_dir() {
        return Err(IntakeError::arguments(format!("there is no folder `{cwd}` on this computer")));
    }
    Ok(cwd.to_owned())
}

impl Intake {
    /// The id of a server at an address with keys.
    pub(crate) async fn told_apart_by_query(
        &self,
        info: &mut ServerInfo,
        args: &AddArgs,
    ) -> Result<(), IntakeError> {
        let mut given = Given::default();
        for (name, value) in &args.query {
            let slot = slot_of(None, None, Some(name))?;
            let secret = slot.fit(value).map_err(|error| IntakeError::arguments(error.to_string()))?;
            given.query.insert(name.clone(), secret.expose().to_owned());
        }
        self.told_apart(std::slice::from_mut(info), &[given], By::Hand).await
    }

    /// The same for a command.
    pub(crate) async fn told_apart_by_env(
        &self,
        info: &mut ServerInfo,
        env: &[(String, Secret)],
    ) -> Result<(), IntakeError> {
        let value = |name: &String| {
            env.iter().find(|(own, _)| own == name).map(|(_, value)| value.expose().to_owned())
        };
        let given = Given {
            cwd: info.cwd.clone(),
            env: info.env.iter().map(|name| (name.clone(), value(name))).collect(),
            ..Given::default()
        };
        self.told_apart(std::slice::from_mut(info), &[given], By::Hand).await
    }

    /// Stores the given values for a server, in the same place as its tokens.
    pub(crate) async fn keep_query(
        &self,
        info: &ServerInfo,
        args: &AddArgs,
    ) -> Result<Option<KeptIn>, IntakeError> {
        let mut kept = None;
        for (name, value) in &args.query {
            kept = Some(
                self.keep_secret(info, SecretPurpose::Query(name.clone()), value, args.token_place).await?,
            );
        }
        Ok(kept)
    }

    /// The same for the environment of a command.
    pub(crate) async fn keep_env(
        &self,
        info: &ServerInfo,
        args: &AddArgs,
    ) -> Result<Option<KeptIn>, IntakeError> {
        let mut kept = None;
        for (name, value) in &args.env {
            if let Some(value) = value {
                kept = Some(
                    self.keep_secret(info, SecretPurpose::Env(name.clone()), value, args.token_place).await?,
                );
            }
        }
        Ok(kept)
    }

    /// Gives each its id. A known one with the same values keeps its id; the first at an address has that of the address,
    /// and the others have ids of their own.
    pub(crate) async fn told_apart(
        &self,
        infos: &mut [ServerInfo],
        given: &[Given],
        by: By,
    ) -> Result<(), IntakeError> {
        if given.iter().all(Given::is_empty) {
            for info in infos {
                self.settle(info).await?;
            }
            return Ok(());
        }
        let known = self.by_address();
        let mut taken: HashSet<ServerId> = HashSet::new();
        let mut left = Vec::new();
        for (place, (info, given)) in infos.iter_mut().zip(given).enumerate() {
            let given = plain(given);
            let at_address = known.get(&info.id).map_or(&[][..], Vec::as_slice);
            if let Some(id) = self.known_so(at_address, info.id, &given, &taken).await {
                info.id = id;
                taken.insert(id);
            } else {
                left.push((place, given));
            }
        }
        let mut minted = Vec::new();
        for (place, given) in left {
            let Some(info) = infos.get_mut(place) else { continue };
            let base = info.id;
            let is_free = match self.first_at(base) {
                None => true,
                Some(known) => self.may_be_filled_in(&known, &given, by).await,
            };
            self.settle(info).await?;
            if taken.contains(&info.id) || !is_free {
                info.id = self.vault().twin(base, &given);
            }
            taken.insert(info.id);
            if !given.is_empty() {
                minted.push((info.id, given));
            }
        }
        for info in infos {
            self.take_set(info);
        }
        self.vault().remember(minted).await.map_err(Into::into)
    }

    /// The known servers, by the ids of their addresses.
    fn by_address(&self) -> HashMap<ServerId, Vec<Arc<ServerInfo>>> {
        let mut all: HashMap<ServerId, Vec<Arc<ServerInfo>>> = HashMap::new();
        for server in self.registry.snapshot().query(None, None) {
            let info = &server.info;
            let mut ids = vec![info.address_id()];
            // Its id may be that of the endpoint that was found; where an edit left it says nothing.
            ids.extend(Some(info.id).filter(|id| !info.moved && *id != info.address_id()));
            for id in ids {
                all.entry(id).or_default().push(info.clone());
            }
        }
        all
    }

    /// The known server at this address with the same values.
    async fn known_so(
        &self,
        known: &[Arc<ServerInfo>],
        base: ServerId,
        given: &Given,
        taken: &HashSet<ServerId>,
    ) -> Option<ServerId> {
        let vault = self.vault();
        let twin = vault.twin(base, given);
        let named = given.id.unwrap_or(base);
        let mut fitting: Vec<_> =
            known.iter().filter(|info| !taken.contains(&info.id) && has_names(info, given)).collect();
        fitting.sort_by_key(|info| info.id != named);
        for info in fitting {
            let is_same = info.id == twin
                || given.id == Some(info.id)
                || vault.is_marked(info.id, given)
                || (info.transport == Transport::Stdio && given.values().is_empty())
                || self.kept_for(info).await.is_some_and(|kept| kept == *given);
            if is_same {
                return Some(info.id);
            }
        }
        None
    }

    /// Whether a server without such values can be the one that is meant.
    async fn may_be_filled_in(&self, known: &ServerInfo, given: &Given, by: By) -> bool {
        if given.is_empty() {
            return true;
        }
        let Some(kept) = self.kept_for(known).await else { return false };
        if known.transport == Transport::Stdio {
            let is_bare = known.env.is_empty() && known.cwd.is_none();
            let lacks_values = has_names(known, given) && kept.values().is_empty();
            return by == By::Hand && (is_bare || lacks_values);
        }
        let is_unsigned = known.token_env.is_none() && known.header_env.is_empty() && kept.headers.is_empty();
        kept.query.is_empty() && (given.headers.is_empty() || is_unsigned)
    }

    /// What is kept for a server, to compare with what is given. Nothing when it cannot be read now.
    pub(crate) async fn kept_for(&self, info: &ServerInfo) -> Option<Given> {
        let mut kept = Given { cwd: info.cwd.clone(), ..Given::default() };
        kept.env = info.env.iter().map(|name| (name.clone(), None)).collect();
        for (key, _) in self.vault().list(Some(info)) {
            let value = self.vault().get(&key).await.ok()??.expose().to_owned();
            match key.slot {
                SecretPurpose::Token => drop(kept.headers.insert("authorization".to_owned(), value)),
                SecretPurpose::Header(name) => drop(kept.headers.insert(name, value)),
                SecretPurpose::Env(name) => drop(kept.env.insert(name, Some(value))),
                SecretPurpose::Query(name) => drop(kept.query.insert(name, value)),
            }
        }
        Some(kept)
    }

    /// Keeps the values that a file had for a server, or reports which were left out and how to give them.
    pub(crate) async fn keep_given(&self, info: &ServerInfo, given: &Given, args: &ImportArgs) -> Values {
        let mut values = Values::default();
        for (flag, value) in given.values() {
            let slot = flag_slot(&flag).and_then(|slot| may_go(info).map(|()| slot));
            let is_own = !is_reference(value);
            let why = match (slot, args.secrets && is_own) {
                (Err(error), _) => error.to_string(),
                (Ok(slot), true) => {
                    match self.keep_secret(info, slot, &GivenSecret::new(value), args.place).await {
                        Ok(_) => {
                            values.kept += 1;
                            continue;
                        }
                        Err(error) => error.to_string(),
                    }
                }
                (Ok(_), false) if is_own => {
                    values.left += 1;
                    "it may be a secret".to_owned()
                }
                (Ok(_), false) => "it is a placeholder for a value that the client has".to_owned(),
            };
            values.said.push(not_taken(info, &flag, &why));
        }
        values
    }
}

/// A file cannot consent to unencrypted secrets for the user.
fn may_go(info: &ServerInfo) -> Result<(), IntakeError> {
    let url = info.target().unwrap_or_default();
    in_clear(url, info.transport == Transport::Stdio || is_here(url), false)
}

/// The result for the values of one entry.
#[derive(Default)]
pub(crate) struct Values {
    /// How many are kept.
    pub(crate) kept: usize,
    /// How many could be kept.
    pub(crate) left: usize,
    /// Which were left out, and how to give them.
    pub(crate) said: Vec<String>,
}

fn not_taken(info: &ServerInfo, flag: &str, why: &str) -> String {
    let name = &info.name;
    let what = match flag.strip_prefix("--") {
        Some(what) => {
            format!("the value of `{}`", what.split_once(' ').map_or(what, |(_, name)| name))
        }
        None => "its token".to_owned(),
    };
    format!("`{name}`: {what} was not taken: {why}; give it to this server")
}

/// What a value of a file is for.
fn flag_slot(flag: &str) -> Result<SecretPurpose, IntakeError> {
    match flag.split_once(' ') {
        Some(("--env", name)) => slot_of(None, Some(name), None),
        Some(("--query", name)) => slot_of(None, None, Some(name)),
        Some(("--header", name)) => slot_of(Some(name), None, None),
        _ => Ok(SecretPurpose::Token),
    }
}

/// The same folder and the same variables.
fn has_names(info: &ServerInfo, given: &Given) -> bool {
    info.cwd == given.cwd && info.env.iter().eq(given.env.keys())
}

/// As the vault has it: headers in small letters, a token without the word before it.
fn plain(given: &Given) -> Given {
    let headers = given.headers.iter().map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let slot =
            if name == "authorization" { SecretPurpose::Token } else { SecretPurpose::Header(name.clone()) };
        let fit = slot.fit(&GivenSecret::new(value.as_str()));
        (name, fit.map_or_else(|_| value.clone(), |secret| secret.expose().to_owned()))
    });
    Given { headers: headers.collect(), ..given.clone() }
}
