//! The page that is shown when the core did not start: static, without a script, served by the program itself.

use app::StartError;
use tauri::http::{Response, header};
use tauri::{Manager, Runtime, UriSchemeContext, Url};

/// The scheme of the page.
pub(crate) const SCHEME: &str = "failure";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Why the core did not start, in the words of its error.
pub(crate) struct StartFailure(String);

impl StartFailure {
    /// The error, and every problem of a configuration on a line of its own.
    pub(crate) fn new(error: &StartError) -> Self {
        let mut lines = vec![error.to_string()];
        if let StartError::Config { problems, .. } = error {
            lines.extend(problems.iter().map(ToString::to_string));
        }
        Self(sentence(&lines.join("\n")))
    }
}

/// Where the page is.
pub(crate) fn address() -> Url {
    #[expect(clippy::expect_used, reason = "a constant that a test parses")]
    Url::parse("failure://localhost/").expect("the address is well-formed")
}

/// Answers every request of the scheme with the page.
pub(crate) fn serve<R: Runtime>(context: &UriSchemeContext<'_, R>) -> Response<Vec<u8>> {
    let handle = context.app_handle();
    let message = handle.try_state::<StartFailure>().map_or(String::new(), |failure| failure.0.clone());
    let mut response = Response::new(page(&message).into_bytes());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
    response
}

fn page(message: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>MCP Discovery cannot start</title>\n\
         <style>:root{{color-scheme:light dark}}\
         body{{margin:32px;font:14px/20px system-ui;color:light-dark(#161b22,#e8ecf1);background:light-dark(#f7f8fa,#12151a)}}\
         h1{{font-size:16px;line-height:24px}}p{{user-select:text;overflow-wrap:anywhere;white-space:pre-wrap}}</style>\n\
         <main><h1>MCP Discovery cannot start</h1>\n<p role=\"alert\">{}</p>\n\
         <p>Nothing was changed. Close this window and start again when the cause is gone.</p></main></html>\n",
        escaped(message)
    )
}

/// Errors begin in lower case, sentences on a page do not.
fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_of_the_scheme() {
        assert_eq!(address().scheme(), SCHEME);
    }

    #[test]
    fn the_page_says_why_and_runs_nothing() {
        let page = page("`/data` belongs to <script>alert(1)</script>");
        assert!(page.contains("`/data` belongs to &lt;script&gt;"));
        assert!(!page.contains("<script"));
    }
}
