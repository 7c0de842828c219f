use serde_json::{Map, Number, Value};

use super::ast::{Filter, Operand, Test};
use super::fact::Fact;
use super::field::{Field, Own};
use crate::words::hint;
use crate::{HealthStatus, Server, ServerInfo, capability};

/// Up to this many keys are few.
const FEW: usize = 8;

/// Is called with each value of a field until it returns true.
type See<'a> = dyn FnMut(Fact<'_>) -> bool + 'a;

impl Filter {
    /// Whether a server matches.
    pub fn matches(&self, server: &Server) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(server)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(server)),
            Self::Not(part) => !part.matches(server),
            Self::Text(word) => mentions(&server.info, word),
            Self::Field(field, test) => passes(server, field, test),
        }
    }
}

fn passes(server: &Server, field: &Field, test: &Test) -> bool {
    match test {
        Test::Eq(value) => equals(server, field, value),
        Test::Ne(value) => !equals(server, field, value),
        Test::In(values) => values.iter().any(|value| equals(server, field, value)),
        Test::Nin(values) => !values.iter().any(|value| equals(server, field, value)),
        Test::Exists(there) => field.is_there(server) == *there,
        Test::Gt(_) | Test::Gte(_) | Test::Lt(_) | Test::Lte(_) | Test::Regex(_) => {
            field.any_fact(server, &mut |fact| fact.passes(test))
        }
    }
}

/// Capabilities are names, and names are compared after folding; everything else as it is.
fn equals(server: &Server, field: &Field, value: &Operand) -> bool {
    match (field, value) {
        (Field::Own(Own::Capabilities), Operand::Text(name)) => {
            server.info.has_capability(&capability::fold(name))
        }
        _ => field.any_fact(server, &mut |fact| fact.equals(value)),
    }
}

impl Field {
    /// Whether a server has the field. A list without elements is there and has no value.
    pub fn is_there(&self, server: &Server) -> bool {
        match self {
            Self::Metadata(path) => is_in(&server.info.metadata, path),
            Self::Own(Own::Region) => is_in(&server.info.metadata, "region"),
            Self::Own(_) => self.any_fact(server, &mut |_| true),
        }
    }

    /// Passes on each value that a server has in this field, until one is enough. Returns whether one was.
    pub fn any_fact(&self, server: &Server, see: &mut dyn FnMut(Fact<'_>) -> bool) -> bool {
        match self {
            Self::Metadata(path) => any_in(&server.info.metadata, path, see),
            Self::Own(own) => any_own(server, *own, see),
        }
    }

    /// Whether its values are measured, so that they change while the record does not.
    pub fn is_measured(&self) -> bool {
        matches!(self, Self::Own(Own::HealthStatus | Own::ResponseTime | Own::Score | Own::Seen))
    }
}

fn any_own(server: &Server, own: Own, see: &mut See<'_>) -> bool {
    let Server { info, health } = server;
    let identity = info.identity.as_ref();
    match own {
        Own::Id => see(Fact::Text(&info.id.to_string())),
        Own::Name => see(Fact::Text(&info.name)),
        Own::Transport => see(Fact::Text(info.transport.word())),
        Own::Url => text(info.url.as_deref(), see),
        Own::Endpoint => text(info.endpoint.as_deref(), see),
        Own::Command => text(info.command.as_deref(), see),
        Own::HealthEndpoint => text(info.health_endpoint.as_deref(), see),
        Own::Args => info.args.iter().any(|arg| see(Fact::Text(arg))),
        Own::Capabilities => info.offers().iter().any(|offer| see(Fact::Text(offer))),
        Own::HealthStatus => see(Fact::Text(health.status.word())),
        Own::Region => any_in(&info.metadata, "region", see),
        Own::AuthRequired => see(Fact::Bool(info.auth_required)),
        Own::Paused => see(Fact::Bool(info.paused)),
        Own::Version => text(info.version.as_deref(), see),
        Own::ServerVersion => text(identity.and_then(|said| said.version.as_deref()), see),
        Own::ProtocolVersion => text(identity.map(|said| said.protocol_version.as_str()), see),
        Own::Era => text(identity.map(|said| said.era.word()), see),
        Own::Source => see(Fact::Text(info.source.word())),
        Own::Seen => health.seen_by.iter().any(|who| see(Fact::Text(who))),
        Own::Tools => see(Fact::Number(info.tools.len().into())),
        Own::Resources => see(Fact::Number(info.resources.len().into())),
        Own::Prompts => see(Fact::Number(info.prompts.len().into())),
        Own::LastSeen => number(info.last_seen.map(Number::from), see),
        Own::CreatedAt => see(Fact::Number(info.created_at.into())),
        Own::UpdatedAt => see(Fact::Number(info.updated_at.into())),
        Own::ResponseTime => number(health.response_time_ms.and_then(Number::from_f64), see),
        Own::Score => number(Number::from_f64(health.score), see),
    }
}

fn text(value: Option<&str>, see: &mut See<'_>) -> bool {
    value.is_some_and(|value| see(Fact::Text(value)))
}

fn number(value: Option<Number>, see: &mut See<'_>) -> bool {
    value.is_some_and(|value| see(Fact::Number(value)))
}

/// Passes on every value at a dotted path. A key may itself contain dots (labels do: `topology.kubernetes.io/region`), so
/// each way of splitting the path is tried; lists on the way are searched.
fn any_in(map: &Map<String, Value>, path: &str, see: &mut See<'_>) -> bool {
    any_at(map, path, &mut |value| match value {
        Value::Array(items) => items.iter().any(|item| see(Fact::of_json(item))),
        value => see(Fact::of_json(value)),
    })
}

fn is_in(map: &Map<String, Value>, path: &str) -> bool {
    any_at(map, path, &mut |_| true)
}

fn any_at(map: &Map<String, Value>, path: &str, see: &mut dyn FnMut(&Value) -> bool) -> bool {
    if value(map, path).is_some_and(&mut *see) {
        return true;
    }
    path.match_indices('.').any(|(at, _)| {
        let (head, rest) = path.split_at(at);
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        value(map, head).is_some_and(|value| any_below(value, rest, see))
    })
}

/// Searching a few keys is faster than hashing one.
fn value<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    if map.len() > FEW {
        return map.get(key);
    }
    map.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
}

fn any_below(value: &Value, path: &str, see: &mut dyn FnMut(&Value) -> bool) -> bool {
    match value {
        Value::Object(map) => any_at(map, path, see),
        Value::Array(items) => items.iter().filter_map(Value::as_object).any(|map| any_at(map, path, see)),
        _ => false,
    }
}

/// Whether a word is in the name, the address, the command or a capability.
fn mentions(info: &ServerInfo, word: &str) -> bool {
    let optional = [&info.url, &info.endpoint, &info.command].into_iter().flatten();
    let names = info.tools.iter().map(|tool| &tool.name).chain(&info.capabilities);
    std::iter::once(&info.name).chain(optional).chain(names).any(|text| holds(text, word))
        || info.resources.iter().any(|uri| holds(&format!("resource:{uri}"), word))
        || info.prompts.iter().any(|name| holds(&format!("prompt:{name}"), word))
}

/// Whether `text` contains `word`, whatever the case.
fn holds(text: &str, word: &str) -> bool {
    if word.is_ascii() && text.is_ascii() {
        return text
            .as_bytes()
            .windows(word.len().max(1))
            .any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    }
    text.to_lowercase().contains(&word.to_lowercase())
}

/// Joins a field and a test, for both forms: words for a status are normalised, and combinations without a meaning are
/// refused.
pub(super) fn join(field: Field, test: Test) -> Result<Filter, String> {
    let test = match field {
        Field::Own(Own::HealthStatus) => with_statuses(test)?,
        _ => test,
    };
    match &test {
        Test::Gt(value) | Test::Gte(value) | Test::Lt(value) | Test::Lte(value) => has_order(value)?,
        _ => {}
    }
    Ok(Filter::Field(field, test))
}

fn has_order(value: &Operand) -> Result<(), String> {
    match value {
        Operand::Number(_) | Operand::Text(_) => Ok(()),
        Operand::Null | Operand::Bool(_) => Err("only numbers and text have an order".into()),
    }
}

fn with_statuses(test: Test) -> Result<Test, String> {
    let many = |values: Vec<Operand>| values.iter().map(status).collect::<Result<Vec<_>, _>>();
    Ok(match test {
        Test::Eq(value) => Test::Eq(status(&value)?),
        Test::Ne(value) => Test::Ne(status(&value)?),
        Test::In(values) => Test::In(many(values)?),
        Test::Nin(values) => Test::Nin(many(values)?),
        Test::Exists(_) | Test::Regex(_) => test,
        Test::Gt(_) | Test::Gte(_) | Test::Lt(_) | Test::Lte(_) => {
            return Err("a status has no order: name the ones you mean, such as `is:(down,degraded)`".into());
        }
    })
}

fn status(value: &Operand) -> Result<Operand, String> {
    let words = HealthStatus::ALL.map(HealthStatus::filter_word);
    let Operand::Text(text) = value else {
        return Err(format!("a status is one of `{}`", words.join("`, `")));
    };
    let known = words.into_iter().chain(HealthStatus::ALL.map(HealthStatus::word));
    if let Some(status) = HealthStatus::of_any_word(text) {
        return Ok(status.word().into());
    }
    let hint = hint(text, known);
    let hint = if hint.is_empty() { format!(": it is one of `{}`", words.join("`, `")) } else { hint };
    Err(format!("`{text}` is not a status{hint}"))
}
