//! What a person can do about an error, in the words of the command line: the core says what, each face says how.

use api::{Advice, ApiError, Help};

use crate::commands::certificate;

/// The sentence of an error, with the command or flag that helps.
pub(crate) fn sentence(error: &ApiError) -> String {
    let help = error.help();
    let advice = help.advice.map(|advice| words(advice, &help));
    format!("{}{}", error.message, advice.unwrap_or_default())
}

fn words(advice: Advice, help: &Help) -> String {
    let id = help.server.map_or_else(|| "ID".to_owned(), |id| id.to_string());
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
            let name = help.variable.as_deref().unwrap_or("NAME");
            format!("; give it with --env {name}=- (for a server that is kept: mcp-discovery secret set {id} --env {name}), or leave it out (mcp-discovery edit {id} --without env:{name})")
        }
        Advice::AgreeToCommand => format!(" (mcp-discovery edit {id} --stdio COMMAND…)"),
        Advice::TrustCertificate => certificate::remedy(help),
        Advice::KeepInFile => "; or keep it in the file instead (secret set ID --file)".to_owned(),
        Advice::Resume => format!(": resume it first (mcp-discovery resume {id})"),
        Advice::Check => format!(": check it first (mcp-discovery check {id})"),
        Advice::ListTools => ": `mcp-discovery tools` lists what is offered".to_owned(),
        Advice::ListServers => ": `mcp-discovery servers` lists them".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use api::ErrorCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_gets_the_flag_that_helps() {
        let id = "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5";
        let error = ApiError::new(ErrorCode::Paused, "`a` is paused").with(json!({ "server": id }));
        assert_eq!(sentence(&error), "`a` is paused");
        let told = sentence(&error.advise(Advice::Resume));
        assert_eq!(told, format!("`a` is paused: resume it first (mcp-discovery resume {id})"));
    }
}
