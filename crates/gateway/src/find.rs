//! Finds the target of a request.

use std::sync::Arc;

use api::{ApiError, ErrorCode};
use http::StatusCode;
use model::{Era, Millis, Server, Tool, fold};
use serde_json::json;

use crate::beside::{CatalogBeside, Offered};
use crate::catalog::{self, CallTo, unavailable};
use crate::endpoint::GatewayPath;
use crate::post::PostedRequest;
use crate::reply::{Rejected, code};
use crate::sealed::SealedState;
use crate::wanted::{AskedMethod, WantedRequest};
use crate::{Gateway, now};

/// The target.
#[derive(Debug)]
pub(crate) enum Destination {
    /// A call, by rules and balancing.
    Call(CallTo),
    /// The owner of the resource or prompt.
    Owner(Offered),
}

impl Gateway {
    /// How long the state that a client sends back is valid.
    pub(crate) fn opened_state(
        &self,
        client: &str,
        wanted: &WantedRequest,
    ) -> Result<Option<SealedState>, Rejected> {
        let Some(text) = &wanted.state else { return Ok(None) };
        still_counts(self.0.seal.open_state(client, text), wanted, now()).map(Some)
    }

    pub(crate) fn destination(
        &self,
        ask: &PostedRequest,
        wanted: &WantedRequest,
        state: Option<&SealedState>,
        era: Era,
    ) -> Result<Destination, Rejected> {
        let call = match wanted.method {
            AskedMethod::CallTool => self.called(ask, &wanted.name)?,
            _ => return self.owner(ask, wanted, era).map(Destination::Owner),
        };
        // The server that wanted to know more is the one that can go on.
        if let (CallTo::Group(group), Some(state)) = (&call, state) {
            let snapshot = self.0.parts.registry.snapshot();
            let server = snapshot.get(state.server).filter(|server| group.servers.contains(&server.info.id));
            let tool = server.and_then(|server| server.info.resolve_tool(&group.capability).ok().cloned());
            if let Some((server, tool)) = server.zip(tool) {
                return Ok(Destination::Call(CallTo::Server(server.info.clone(), Arc::new(tool))));
            }
        }
        Ok(Destination::Call(call))
    }

    /// Works with the tool that a call names, as clients see it: for a group, that of the first server that has it.
    pub(crate) fn with_tool<T>(&self, call: &CallTo, then: impl FnOnce(&Tool) -> T) -> Option<T> {
        match call {
            CallTo::Server(_, tool) => Some(then(tool)),
            CallTo::Group(group) => {
                let snapshot = self.0.parts.registry.snapshot();
                let mut servers = group.servers.iter().filter_map(|id| snapshot.get(*id));
                servers.find_map(|server| server.info.resolve_tool(&group.capability).ok()).map(then)
            }
        }
    }

    /// The target of a call of this tool.
    pub(crate) fn called(&self, ask: &PostedRequest, name: &str) -> Result<CallTo, Rejected> {
        let unknown = || unknown("tool", name);
        match ask.to {
            GatewayPath::All | GatewayPath::Profile(_) => {
                let catalog = self.seen(ask)?;
                let entry = catalog.tools.get(name).ok_or_else(unknown)?;
                match (&entry.unavailable, &entry.to.to) {
                    // Of a group the decision says why, server by server.
                    (Some(why), CallTo::Server(..)) => Err(gone(name, why)),
                    _ => Ok(entry.to.to.clone()),
                }
            }
            GatewayPath::Server(_) => self.with_server(&ask.to, |server| {
                let listed = server.info.tools.iter().find(|tool| tool.name == name).cloned();
                // What it lists to this very client it can be asked for; it knows best what it does not have.
                let is_seen =
                    |tool: &Tool| self.with_view(ask, |view| view.lets_tool(&server.info, &tool.name, name));
                let is_let = self.config().allowed().is_open();
                let as_named = || is_let.then(|| Tool { name: name.to_owned(), ..Tool::default() });
                let tool = listed.or_else(as_named).ok_or_else(unknown)?;
                if !is_seen(&tool)? {
                    return Err(unknown());
                }
                match unavailable(server) {
                    Some(why) => Err(gone(name, &why)),
                    None => Ok(CallTo::Server(server.info.clone(), tool.into())),
                }
            }),
        }
    }

    /// The owner of a resource or a prompt.
    pub(crate) fn owner(
        &self,
        ask: &PostedRequest,
        wanted: &WantedRequest,
        era: Era,
    ) -> Result<Offered, Rejected> {
        let name = wanted.name.as_str();
        let offered = match ask.to {
            GatewayPath::All | GatewayPath::Profile(_) => {
                let beside = &self.seen(ask)?.beside;
                match wanted.method {
                    method if method.is_of_resources() => beside.resource(name),
                    AskedMethod::Complete if wanted.is_template => {
                        let template = beside.templates.get(name).map(|listed| listed.to.clone());
                        template.or_else(|| beside.resource(name))
                    }
                    _ => beside.prompts.get(name).map(|listed| listed.to.clone()),
                }
            }
            GatewayPath::Server(_) => {
                let own = self.with_server(&ask.to, |server| Ok(self.own(server, wanted)))?;
                let is_resource = wanted.method.is_of_resources() || wanted.is_template;
                let is_seen = self.with_view(ask, |view| {
                    own.as_ref().is_some_and(|own| {
                        if is_resource { view.lets_resource(own) } else { view.lets_prompt(own) }
                    })
                })?;
                own.filter(|_| is_seen)
            }
        };
        let offered = offered.ok_or_else(|| match wanted.method {
            method if method.is_of_resources() => no_resource(name, era),
            _ => unknown(if wanted.is_template { "resource template" } else { "prompt" }, name),
        })?;
        match &offered.unavailable {
            Some(why) => Err(gone(name, why)),
            None => Ok(offered),
        }
    }

    /// Anything of one server, listed or not, as far as policy allows it.
    fn own(&self, server: &Server, wanted: &WantedRequest) -> Option<Offered> {
        let (name, allowed) = (&wanted.name, self.config().allowed());
        let is_let = if wanted.method.is_of_resources() || wanted.is_template {
            allowed.lets(&format!("resource:{name}"))
                || CatalogBeside::of_one(server, &allowed).resource(name).is_some()
        } else {
            allowed.lets(&fold(&format!("prompt:{name}")))
        };
        is_let.then(|| Offered {
            server: server.info.clone(),
            own: name.clone(),
            owner_name: server.info.name.clone(),
            unavailable: unavailable(server),
        })
    }

    /// Works with the server of this path.
    pub(crate) fn with_server<T>(
        &self,
        to: &GatewayPath,
        then: impl FnOnce(&Server) -> Result<T, Rejected>,
    ) -> Result<T, Rejected> {
        let snapshot = self.0.parts.registry.snapshot();
        let server = match to {
            GatewayPath::All | GatewayPath::Profile(_) => None,
            GatewayPath::Server(id) => snapshot.get(*id),
        };
        let is_seen = |server: &&Server| catalog::is_listed(server) && !self.is_ourselves(server);
        then(server.filter(is_seen).ok_or_else(no_server)?)
    }
}

fn still_counts(
    state: Option<SealedState>,
    wanted: &WantedRequest,
    now: Millis,
) -> Result<SealedState, Rejected> {
    let refused = |why: &str| Rejected::within(code::INVALID_PARAMS, why);
    let fits = |state: &SealedState| state.method == wanted.method.word() && state.name == wanted.name;
    let state = state.filter(fits).ok_or_else(|| refused("`requestState` was not issued for this"))?;
    if state.until < now {
        return Err(refused("`requestState` is older than 10 minutes: start again"));
    }
    Ok(state)
}

fn unknown(what: &str, name: &str) -> Rejected {
    Rejected::within(code::INVALID_PARAMS, format!("there is no {what} `{}`", mcp::tame(name)))
}

/// MCP 2025-11-25 and 2026-07-28 have different codes for it.
fn no_resource(uri: &str, era: Era) -> Rejected {
    let code = if era == Era::Modern { code::INVALID_PARAMS } else { code::NO_RESOURCE };
    let why = format!("no server is known to have the resource `{}`", mcp::tame(uri));
    Rejected::within(code, why).with(json!({ "uri": uri }))
}

fn gone(name: &str, why: &str) -> Rejected {
    let why = format!("`{}` cannot be used now: {why}", mcp::tame(name));
    Rejected::of_api(StatusCode::OK, &ApiError::new(ErrorCode::NoHealthyServer, why))
}

fn no_server() -> Rejected {
    let error =
        ApiError::new(ErrorCode::NotFound, "there is no such server, or clients are not allowed to see it");
    Rejected::of_api(StatusCode::NOT_FOUND, &error)
}

#[cfg(test)]
mod tests {
    use model::ServerId;
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn a_state_counts_for_its_request_and_for_ten_minutes() {
        let params = RawValue::from_string(r#"{"name":"a"}"#.to_owned()).unwrap();
        let wanted =
            WantedRequest::of(AskedMethod::CallTool, mcp::wire::raw::members(&params).as_ref(), None)
                .unwrap();
        let state = |method: &str, name: &str, until| {
            let (method, name) = (method.to_owned(), name.to_owned());
            Some(SealedState { server: ServerId::mint("s"), method, name, until, state: None })
        };
        assert!(still_counts(state("tools/call", "a", 10), &wanted, 10).is_ok());
        for (state, why) in [
            (state("tools/call", "a", 10), "older than 10 minutes"),
            (state("tools/call", "b", 20), "was not issued"),
            (state("prompts/get", "a", 20), "was not issued"),
            (None, "was not issued"),
        ] {
            let refused = still_counts(state, &wanted, 11).unwrap_err();
            assert!(refused.message.contains(why), "{}", refused.message);
        }
    }
}
