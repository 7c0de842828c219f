//! The lists that clients ask for, a page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcp::List;
use mcp::wire::raw::quoted;

use crate::Gateway;
use crate::beside::CatalogBeside;
use crate::catalog::own_tools;
use crate::endpoint::GatewayPath;
use crate::post::{ClientRequest, PostedRequest};
use crate::reply::{Rejected, code};

impl Gateway {
    /// A page: the members of a result.
    pub(crate) fn listed(
        &self,
        list: List,
        ask: &PostedRequest,
        question: &ClientRequest<'_>,
    ) -> Result<String, Rejected> {
        let after = question.text("cursor").map(|cursor| read_cursor(&cursor)).transpose()?;
        let after = after.as_deref();
        let (entries, next) = match ask.to {
            GatewayPath::All | GatewayPath::Profile(_) => {
                let catalog = self.seen(ask)?;
                match list {
                    List::Tools => catalog.tools.page(after),
                    _ => page(list, &catalog.beside, after),
                }
            }
            GatewayPath::Server(_) => self.with_server(&ask.to, |server| {
                let allowed = self.config().allowed();
                self.with_view(ask, |view| match list {
                    List::Tools => {
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

fn page(list: List, beside: &CatalogBeside, after: Option<&str>) -> (String, Option<String>) {
    match list {
        List::Templates => beside.templates.page(after),
        List::Prompts => beside.prompts.page(after),
        List::Tools | List::Resources => beside.resources.page(after),
    }
}

fn read_cursor(cursor: &str) -> Result<String, Rejected> {
    let wrong = || Rejected::within(code::INVALID_PARAMS, "`cursor` was not issued here");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    String::from_utf8(bytes).map_err(|_| wrong())
}
