//! Another address for a kept server: which of its secrets are sent there is decided here, and nowhere else. They stay while
//! the origin does, and for a command while it is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use api::{AddArgs, AskedStep, EditArgs, KeptIn, Without};
use mcp::{Credentials, Secret};
use model::{
    Endpoint, Given, GivenSecret, SecretPlace, ServerInfo, Source, Tls, Transport, same_server, secrets,
};
use registry::Observation;
use vault::{Key, SecretPurpose};

use crate::add::at_address;
use crate::credentials::{Presented, slot_of};
use crate::given::with_environment;
use crate::{Intake, IntakeError, credentials, now, trust};

/// A record with another address, and the secrets that stay.
pub(crate) struct EditDraft {
    pub(crate) from: Arc<ServerInfo>,
    pub(crate) to: ServerInfo,
    pub(crate) observation: Option<Observation>,
    pub(crate) steps: Vec<AskedStep>,
    /// What is kept for it and still sent.
    pub(crate) stays: BTreeSet<SecretPurpose>,
    given: Vec<(SecretPurpose, GivenSecret)>,
    place: Option<SecretPlace>,
}

impl EditDraft {
    /// What is no longer sent, in words: secrets that are kept, and variables that are named.
    pub(crate) fn leaves(&self, kept: &[SecretPurpose]) -> Vec<String> {
        let leaves = kept.iter().filter(|slot| !self.stays.contains(slot)).map(words);
        let token = self.from.token_env.iter().filter(|_| self.to.token_env != self.from.token_env);
        let token = token.map(|variable| format!("token in the variable {variable}"));
        let still = |name: &String, variable: &String| self.to.header_env.get(name) == Some(variable);
        let headers = self.from.header_env.iter().filter(|(name, variable)| !still(name, variable));
        let headers = headers.map(|(name, variable)| format!("header {name} in the variable {variable}"));
        // The trust at another origin is a separate decision; at the same origin the user has just made it.
        let trust = self.from.tls.as_ref().filter(|_| self.to.origin() != self.from.origin());
        let trust = trust.filter(|tls| self.to.tls.as_ref() != Some(*tls)).map(|tls| match tls {
            Tls::Agreed(_) => "agreement to its certificate".to_owned(),
            Tls::Ca { ca } => format!("trust in the CA {ca}"),
        });
        leaves.chain(token).chain(headers).chain(trust).collect()
    }

    /// Whether it leads to another origin, or runs something else.
    pub(crate) fn leads_elsewhere(&self) -> bool {
        self.to.origin() != self.from.origin() || !self.to.runs_as(&self.from)
    }

    /// The values of the environment that were given.
    fn given_env(&self) -> Result<Vec<(String, Secret)>, IntakeError> {
        self.given_as(|slot| match slot {
            SecretPurpose::Env(name) => Some(name.clone()),
            _ => None,
        })
    }

    fn given_as<T>(
        &self,
        name: impl Fn(&SecretPurpose) -> Option<T>,
    ) -> Result<Vec<(T, Secret)>, IntakeError> {
        let named = self.given.iter().filter_map(|(slot, secret)| Some((name(slot)?, slot, secret)));
        named.map(|(name, slot, secret)| Ok((name, fit(secret, slot)?))).collect()
    }
}

/// A secret in words, without quotes, for lists.
pub(crate) fn words(slot: &SecretPurpose) -> String {
    match slot {
        SecretPurpose::Token => "token".to_owned(),
        SecretPurpose::Header(name) => format!("header {name}"),
        SecretPurpose::Env(name) => format!("variable {name}"),
        SecretPurpose::Query(name) => format!("key {name}"),
    }
}

fn fit(secret: &GivenSecret, slot: &SecretPurpose) -> Result<Secret, IntakeError> {
    slot.fit(secret).map_err(|error| IntakeError::arguments(error.to_string()))
}

impl Intake {
    /// The record as it would be, with what stays. No request was sent and nothing is kept yet.
    pub(crate) fn draft(&self, from: &Arc<ServerInfo>, args: &EditArgs) -> Result<EditDraft, IntakeError> {
        let (to, given) = match from.transport {
            Transport::Stdio => another_command(from, args)?,
            Transport::Http | Transport::Sse => another_address(from, args)?,
        };
        let is_same = to.origin() == from.origin() && (to.runs_as(from) || args.keep_env);
        let kept = self.kept_slots(from);
        let is_given =
            |slot: &SecretPurpose| given.iter().any(|(own, _)| own == slot) || is_named(&args.to, slot);
        let stays = |slot: &&SecretPurpose| is_same && !is_left_out(&args.without, slot) && !is_given(slot);
        let stays: BTreeSet<SecretPurpose> = kept.iter().filter(stays).cloned().collect();
        let mut draft = EditDraft {
            from: from.clone(),
            to,
            observation: None,
            steps: Vec::new(),
            stays,
            given,
            place: args.to.token_place,
        };
        if draft.leads_elsewhere() && !args.keep_env
            || !draft.given.is_empty()
            || draft.stays.len() != kept.len()
        {
            draft.to.secret_set = u64::try_from(now()).unwrap_or_default().max(from.secret_set + 1);
        }
        Ok(draft)
    }

    /// The record as it is: its address does not change.
    pub(crate) fn as_it_is(&self, from: &Arc<ServerInfo>) -> EditDraft {
        EditDraft {
            from: from.clone(),
            to: (**from).clone(),
            observation: None,
            steps: Vec::new(),
            stays: self.kept_slots(from).into_iter().collect(),
            given: Vec::new(),
            place: None,
        }
    }

    /// What is kept of it.
    pub(crate) fn kept_slots(&self, info: &ServerInfo) -> Vec<SecretPurpose> {
        self.vault().list(Some(info)).into_iter().map(|(key, _)| key.slot).collect()
    }

    /// What is sent to try it: what stays, and what was given.
    pub(crate) async fn credentials_of(&self, draft: &EditDraft) -> Result<Credentials, IntakeError> {
        let to = &draft.to;
        let mut sent = Credentials::default();
        let variable = |name: &String| std::env::var(name).ok().map(Secret::new);
        sent.bearer = to.token_env.as_ref().and_then(variable);
        let named = to.header_env.iter().filter_map(|(name, holder)| Some((name.clone(), variable(holder)?)));
        sent.headers = named.collect();
        for (slot, secret) in self.values_of(draft).await? {
            match slot {
                SecretPurpose::Token => sent.bearer = Some(secret),
                SecretPurpose::Header(name) => sent.headers.push((name, secret)),
                SecretPurpose::Query(name) => sent.query.push((name, secret)),
                SecretPurpose::Env(_) => {}
            }
        }
        Ok(sent)
    }

    /// Every secret that it is given: those that stay, and those that are new.
    pub(crate) async fn values_of(
        &self,
        draft: &EditDraft,
    ) -> Result<Vec<(SecretPurpose, Secret)>, IntakeError> {
        let mut values = Vec::new();
        for slot in &draft.stays {
            let Some(key) = Key::of(&draft.from, slot.clone()) else { continue };
            if let Some(secret) = self.vault().get(&key).await? {
                values.push((slot.clone(), secret));
            }
        }
        values.extend(draft.given_as(|slot| Some(slot.clone()))?);
        Ok(values)
    }

    /// Two servers that would be the same are refused: the other is named.
    pub(crate) async fn is_free(&self, draft: &EditDraft) -> Result<(), IntakeError> {
        let snapshot = self.registry.snapshot();
        let others: Vec<_> = snapshot.iter().map(|server| server.info.clone()).collect();
        let there = |other: &&Arc<ServerInfo>| other.id != draft.to.id && is_at(other, &draft.to);
        let mut given = None;
        for other in others.iter().filter(there) {
            if given.is_none() {
                given = Some(self.given_to(draft).await?);
            }
            let is_named_so =
                other.token_env == draft.to.token_env && other.header_env == draft.to.header_env;
            if is_named_so && self.kept_for(other).await == given {
                return Err(same_as(other));
            }
        }
        Ok(())
    }

    async fn given_to(&self, draft: &EditDraft) -> Result<Given, IntakeError> {
        let mut given = Given { cwd: draft.to.cwd.clone(), ..Given::default() };
        given.env = draft.to.env.iter().map(|name| (name.clone(), None)).collect();
        for (slot, secret) in self.values_of(draft).await? {
            let value = secret.expose().to_owned();
            match slot {
                SecretPurpose::Token => drop(given.headers.insert("authorization".to_owned(), value)),
                SecretPurpose::Header(name) => drop(given.headers.insert(name, value)),
                SecretPurpose::Env(name) => drop(given.env.insert(name, Some(value))),
                SecretPurpose::Query(name) => drop(given.query.insert(name, value)),
            }
        }
        Ok(given)
    }

    /// Keeps the secrets of a draft in its own set. On an error none of them is kept.
    pub(crate) async fn keep_set(&self, draft: &EditDraft) -> Result<Option<KeptIn>, IntakeError> {
        if draft.to.secret_set == draft.from.secret_set {
            return Ok(None);
        }
        let vault = self.vault();
        let carried = vault.carry(&draft.from, &draft.to, |slot| draft.stays.contains(slot)).await;
        carried?;
        let mut kept = None;
        for (slot, secret) in &draft.given {
            match self.keep_secret(&draft.to, slot.clone(), secret, draft.place).await {
                Ok(place) => kept = Some(place),
                Err(error) => {
                    self.forget_set(draft).await;
                    return Err(error);
                }
            }
        }
        Ok(kept)
    }

    /// Forgets the secrets of a draft that is not kept after all.
    pub(crate) async fn forget_set(&self, draft: &EditDraft) {
        if draft.to.secret_set != draft.from.secret_set {
            self.vault().forget_set(&draft.to).await;
        }
    }

    /// The environment to try a command with.
    pub(crate) async fn environment_of(
        &self,
        draft: &EditDraft,
    ) -> Result<Vec<(String, Secret)>, IntakeError> {
        let stays = self.values_of(draft).await?.into_iter().filter_map(|(slot, secret)| match slot {
            SecretPurpose::Env(name) => Some((name, secret)),
            _ => None,
        });
        let mut all: Vec<_> = draft.given_env()?;
        all.extend(stays);
        Ok(all)
    }
}

/// The same address, or the same command.
fn is_at(other: &ServerInfo, to: &ServerInfo) -> bool {
    other.transport == to.transport
        && match (other.target(), to.target()) {
            (Some(other), Some(to)) => same_server(other, to),
            (None, None) => other.runs_as(to),
            _ => false,
        }
}

fn same_as(other: &ServerInfo) -> IntakeError {
    IntakeError::SameAs { id: other.id, name: other.name.clone() }
}

/// A variable is named in the place of the secret.
fn is_named(to: &AddArgs, slot: &SecretPurpose) -> bool {
    match slot {
        SecretPurpose::Token => to.token_env.is_some(),
        SecretPurpose::Header(name) => to.header_env.keys().any(|own| own.eq_ignore_ascii_case(name)),
        SecretPurpose::Env(name) => to.env.get(name).is_some_and(Option::is_none),
        SecretPurpose::Query(_) => false,
    }
}

fn is_left_out(without: &Without, slot: &SecretPurpose) -> bool {
    match slot {
        SecretPurpose::Token => without.token,
        SecretPurpose::Header(name) => without.headers.iter().any(|own| own.eq_ignore_ascii_case(name)),
        SecretPurpose::Query(name) => without.query.contains(name),
        SecretPurpose::Env(name) => without.env.contains(name),
    }
}

type Drafted = (ServerInfo, Vec<(SecretPurpose, GivenSecret)>);

fn another_address(from: &ServerInfo, args: &EditArgs) -> Result<Drafted, IntakeError> {
    let to = &args.to;
    if to.stdio.is_some() || !to.env.is_empty() || to.cwd.is_some() {
        return Err(IntakeError::arguments(
            "this server has an address: a command with its environment and folder is added as another server",
        ));
    }
    let presented = Presented::read(to)?;
    let before = from.url.as_deref().or(from.endpoint.as_deref()).unwrap_or_default();
    let url =
        to.url.as_deref().map_or_else(|| before.to_owned(), |url| with_scheme_of(from, url, &presented));
    let read = at_address(&url, Source::Manual)?;
    let mut info = ServerInfo { url: read.url, ..from.clone() };
    if to.url.is_some() && info.url != from.url {
        (info.endpoint, info.transport, info.reach, info.auth_required) =
            (None, Transport::Http, None, false);
    }
    if info.origin() != from.origin() {
        (info.token_env, info.header_env, info.tls) = (None, BTreeMap::default(), None);
    }
    info.tls = trust::given(to, info.target().unwrap_or_default())?.over(info.tls.take());
    if args.without.token || to.token.is_some() || to.token_env.is_some() {
        info.token_env.clone_from(&to.token_env);
    }
    let is_given = |name: &String| {
        to.headers.keys().chain(to.header_env.keys()).any(|own| own.eq_ignore_ascii_case(name))
    };
    let is_left_out = |name: &String| args.without.headers.iter().any(|own| own.eq_ignore_ascii_case(name));
    info.header_env.retain(|name, _| !is_given(name) && !is_left_out(name));
    info.header_env.extend(credentials::checked(&to.header_env)?);
    let mut given: Vec<_> = to.token.iter().map(|token| (SecretPurpose::Token, token.clone())).collect();
    for (name, secret) in &to.headers {
        given.push((credentials::slot(Some(name))?, secret.clone()));
    }
    for (name, secret) in &to.query {
        given.push((slot_of(None, None, Some(name))?, secret.clone()));
    }
    Ok((info, given))
}

/// People leave the scheme out: if they mean the same host, it is the one that it had.
fn with_scheme_of(from: &ServerInfo, url: &str, presented: &Presented<'_>) -> String {
    let url = url.trim();
    let scheme =
        from.target().and_then(|target| target.split_once("://")).map_or("http", |(scheme, _)| scheme);
    let same = format!("{scheme}://{url}");
    let is_same = Endpoint::parse(&same).is_ok_and(|endpoint| Some(endpoint.origin()) == from.origin());
    if !url.contains("://") && is_same { same } else { presented.with_scheme(url) }
}

fn another_command(from: &ServerInfo, args: &EditArgs) -> Result<Drafted, IntakeError> {
    let to = &args.to;
    if to.url.is_some()
        || to.token.is_some()
        || to.token_env.is_some()
        || !to.headers.is_empty()
        || !to.header_env.is_empty()
        || to.says_whom_to_trust()
    {
        return Err(IntakeError::arguments(
            "this server is a command and takes no address, token, header or certificate: give it an environment",
        ));
    }
    let mut info = from.clone();
    if let Some(line) = &to.stdio {
        let [program, arguments @ ..] = line.as_slice() else {
            return Err(IntakeError::arguments("`stdio` needs a command: the program and its arguments"));
        };
        let is_same = from.command.as_ref() == Some(program);
        let known: &[String] = if is_same { &from.args } else { &[] };
        info.args = secrets::filled_in(arguments, known).map_err(|argument| hidden(&argument))?;
        info.command = Some(program.clone());
        // The user enters it here: that is the consent that a command needs.
        info.source = Source::Manual;
    }
    if args.without.cwd {
        info.cwd = None;
    }
    info.env.retain(|name| !args.without.env.contains(name));
    with_environment(&mut info, to)?;
    let mut given = Vec::new();
    for (name, value) in &to.env {
        let slot = slot_of(None, Some(name), None)?;
        given.extend(value.clone().map(|value| (slot, value)));
    }
    Ok((info, given))
}

fn hidden(argument: &str) -> IntakeError {
    IntakeError::arguments(format!(
        "the argument `{argument}` hides a secret that was given to another command: write the secret itself"
    ))
}
