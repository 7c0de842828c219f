//! What a person can do about an error, in the words of the command line: the core says what, each face says how.

use app::{Advice, ApiError};
use serde_json::Value;

use crate::commands::certificate;

/// The sentence of an error, with the command or flag that helps.
pub(crate) fn sentence(error: &ApiError) -> String {
    let advice: Option<Advice> =
        error.detail.get("advice").cloned().and_then(|advice| serde_json::from_value(advice).ok());
    let said = &error.message;
    advice.map_or_else(|| said.clone(), |advice| format!("{said}{}", words(advice, &error.detail)))
}

fn words(advice: Advice, detail: &Value) -> String {
    let text = |key: &str| detail.get(key).and_then(Value::as_str).unwrap_or("ID");
    let id = text("server");
    match advice {
        Advice::GiveCredentials => {
            "; give its token (--token -) or the header that it wants (--header NAME=-), or keep it as it is with --no-probe"
                .to_owned()
        }
        Advice::KeepAnyway => "; if you know that it is one, keep it with --no-probe".to_owned(),
        Advice::UseHttp => "; it may speak plain http: write http:// instead".to_owned(),
        Advice::GivePath => {
            "; give the whole path, such as /mcp, or keep it as it is with --no-probe".to_owned()
        }
        Advice::AgreeInClear => ", or agree to it with --in-clear".to_owned(),
        Advice::ForgetToken => format!(": forget it first (mcp-discovery secret rm {id})"),
        Advice::GiveEnvironment => ": give it an environment (--env NAME=-)".to_owned(),
        Advice::GiveVariable => {
            let name = text("variable");
            format!("; give it with --env {name}=- (for a server that is kept: mcp-discovery secret set {id} --env {name}), or leave it out (mcp-discovery edit {id} --without env:{name})")
        }
        Advice::AgreeToCommand => format!(" (mcp-discovery edit {id} --stdio COMMAND…)"),
        Advice::TrustCertificate => certificate::remedy(detail),
        Advice::KeepInFile => "; or keep it in the file instead (secret set ID --file)".to_owned(),
        Advice::Resume => format!(": resume it first (mcp-discovery resume {id})"),
        Advice::Check => format!(": check it first (mcp-discovery check {id})"),
        Advice::ListTools => ": `mcp-discovery tools` lists what is offered".to_owned(),
        Advice::ListServers => ": `mcp-discovery servers` lists them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use app::ErrorCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_gets_the_flag_that_helps() {
        let error = ApiError::new(ErrorCode::Paused, "`a` is paused").with(json!({ "server": "7" }));
        assert_eq!(sentence(&error), "`a` is paused");
        let told = sentence(&error.advise(Advice::Resume));
        assert_eq!(told, "`a` is paused: resume it first (mcp-discovery resume 7)");
    }
}
