//! The lists that clients ask for, a page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcp::wire::raw::quoted;

use crate::Gateway;
use crate::beside::CatalogBeside;
use crate::catalog::own_tools;
use crate::endpoint::GatewayPath;
use crate::post::{ClientRequest, PostedRequest};
use crate::reply::{Rejected, code};

/// What clients list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedList {
    Tools,
    Resources,
    Templates,
    Prompts,
}

impl AskedList {
    pub(crate) fn of(method: &str) -> Option<Self> {
        let all = [Self::Tools, Self::Resources, Self::Templates, Self::Prompts];
        all.into_iter().find(|list| list.method() == method)
    }

    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
            Self::Prompts => "prompts/list",
        }
    }

    /// The member of a result in which the entries stand.
    fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }
}

impl Gateway {
    /// A page: the members of a result.
    pub(crate) fn listed(
        &self,
        list: AskedList,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
    ) -> Result<String, Rejected> {
        let after = question.text(&["cursor"]).map(|cursor| read_cursor(&cursor)).transpose()?;
        let after = after.as_deref();
        let (entries, next) = match ask.to {
            GatewayPath::All | GatewayPath::Profile(_) => {
                let catalog = self.seen(ask)?;
                match list {
                    AskedList::Tools => catalog.tools.page(after),
                    _ => page(list, &catalog.beside, after),
                }
            }
            GatewayPath::Server(_) => self.with_server(&ask.to, |server| {
                let allowed = self.config().allowed();
                self.with_view(ask, |view| match list {
                    AskedList::Tools => {
                        let tools = own_tools(server, &allowed);
                        tools.only(|name, ()| view.lets_tool(&server.info, name, name)).page(after)
                    }
                    _ => page(list, &view.beside(&CatalogBeside::of_one(server, &allowed)), after),
                })
            })?,
        };
        let next = next.map(|next| format!(r#","nextCursor":{}"#, quoted(&URL_SAFE_NO_PAD.encode(next))));
        Ok(format!(r#""{}":{entries}{}"#, list.key(), next.unwrap_or_default()))
    }
}

fn page(list: AskedList, beside: &CatalogBeside, after: Option<&str>) -> (String, Option<String>) {
    match list {
        AskedList::Templates => beside.templates.page(after),
        AskedList::Prompts => beside.prompts.page(after),
        AskedList::Tools | AskedList::Resources => beside.resources.page(after),
    }
}

fn read_cursor(cursor: &str) -> Result<String, Rejected> {
    let wrong = || Rejected::within(code::INVALID_PARAMS, "`cursor` is none that was given here");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    String::from_utf8(bytes).map_err(|_| wrong())
}
