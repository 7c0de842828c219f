//! Recognises what looks like a secret, so that it is never shown. It errs on the safe side: hiding too much costs a
//! look-up, hiding too little costs a credential.

const WORDS: [&str; 11] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "bearer",
    "authorization",
];
const WHOLE: [&str; 7] = ["key", "auth", "pwd", "pass", "sig", "signature", "pat"];
const PREFIXES: [&str; 10] =
    ["sk-", "sk_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "eyJ"];
/// Endings of names that mention a secret but do not contain one.
const HARMLESS: [&str; 5] = ["token_env", "token-env", "_file", "-file", "tokens"];
pub(crate) const HIDDEN: &str = "…";

/// Whether a value of this name is a secret: `--api-key`, `GITHUB_TOKEN`, `access_token`.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.trim_start_matches('-').to_ascii_lowercase();
    if HARMLESS.iter().any(|end| name.ends_with(end)) || name.contains("tokeniz") {
        return false;
    }
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    WORDS.iter().any(|word| bare.contains(word)) || WHOLE.contains(&bare.as_str())
}

/// Whether a value itself looks like a credential.
pub(crate) fn is_secret_value(value: &str) -> bool {
    PREFIXES.iter().any(|prefix| value.starts_with(prefix)) && value.len() >= 16
}

/// Whether a parameter of a URL holds a secret, by its name or by its value: `?token=…`, `?k=sk-…`.
pub(crate) fn is_secret_pair(name: &str, value: &str) -> bool {
    is_secret_name(name) || is_secret_value(value)
}

/// A command line that can be shown: one line, arguments that look like secrets hidden, spaces quoted.
pub fn command_line(command: &str, args: &[String]) -> String {
    let mut line = quoted(&shown(command, false));
    for arg in shown_arguments(args) {
        line.push(' ');
        line += &quoted(&arg);
    }
    line
}

/// The arguments of a command, those that look like secrets hidden.
pub fn shown_arguments(args: &[String]) -> Vec<String> {
    let mut hide_next = false;
    let one = |arg: &String| {
        let shown = shown(arg, hide_next);
        hide_next = !hide_next && arg.starts_with('-') && !arg.contains('=') && is_secret_name(arg);
        shown
    };
    args.iter().map(one).collect()
}

/// Arguments as a user edited them, who was shown those of `known` with secrets hidden: what is still hidden keeps its
/// value. The error is a hidden argument that matches none of them.
pub fn filled_in(edited: &[String], known: &[String]) -> Result<Vec<String>, String> {
    let shown = shown_arguments(known);
    // A value is known by the flag before it.
    let after =
        |args: &[String], place: usize| place.checked_sub(1).and_then(|before| args.get(before)).cloned();
    let one = |(place, arg): (usize, &String)| {
        if !lacks_secret(std::slice::from_ref(arg)) {
            return Ok(arg.clone());
        }
        let is_it = |at: &usize| shown.get(*at) == Some(arg) && after(&shown, *at) == after(edited, place);
        let at =
            (0..shown.len()).find(is_it).or_else(|| shown.iter().position(|own| own == arg && own != HIDDEN));
        at.and_then(|at| known.get(at)).cloned().ok_or_else(|| arg.clone())
    };
    edited.iter().enumerate().map(one).collect()
}

/// Whether these arguments were written without a secret among them.
pub fn lacks_secret(args: &[String]) -> bool {
    args.iter().any(|arg| {
        arg.split_whitespace().any(|word| word == HIDDEN)
            || arg.ends_with(HIDDEN)
            || arg.contains(&format!("={HIDDEN}"))
            || arg.contains(&format!("://{HIDDEN}@"))
    })
}

fn shown(arg: &str, hide: bool) -> String {
    if hide || is_secret_value(arg) {
        return HIDDEN.to_owned();
    }
    let shown = one_shown(arg);
    // A line for a shell is one argument: its words are hidden as if each were one.
    if arg.contains(char::is_whitespace) && !shown.ends_with(HIDDEN) {
        return line_shown(arg);
    }
    shown
}

/// Words contain no whitespace of any kind, so none of them is a line again. What is between them stays.
fn line_shown(line: &str) -> String {
    let words: Vec<String> = line.split(char::is_whitespace).map(str::to_owned).collect();
    let blanks = line.chars().filter(|character| character.is_whitespace()).map(Some).chain([None]);
    shown_arguments(&words)
        .into_iter()
        .zip(blanks)
        .flat_map(|(word, blank)| [word, blank.map_or_else(String::new, String::from)])
        .collect()
}

fn one_shown(arg: &str) -> String {
    match arg.split_once('=') {
        Some((name, value)) if is_secret_name(name) || is_secret_value(value) => format!("{name}={HIDDEN}"),
        _ if arg.contains("://") => redact_url(arg),
        _ => match arg.split_once(':') {
            Some((name, _)) if is_secret_name(name) => format!("{name}: {HIDDEN}"),
            _ => arg.to_owned(),
        },
    }
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"');
    if plain { text.to_owned() } else { format!("{text:?}") }
}

/// A URL that can be shown: without user, password and the values of parameters that look like secrets. Works on text that
/// is not a valid URL as well, since that is when it ends up in a message.
pub fn redact_url(text: &str) -> String {
    if let Some(hidden) = without_unclear_user(text) {
        return hidden;
    }
    let (before, fragment) =
        text.split_once('#').map_or((text, None), |(before, after)| (before, Some(after)));
    let (path, query) = before.split_once('?').map_or((before, None), |(path, query)| (path, Some(query)));
    let mut shown = without_user(path);
    if let Some(query) = query {
        let pairs: Vec<String> = query.split('&').map(redact_pair).collect();
        shown.push('?');
        shown += &pairs.join("&");
    }
    if fragment.is_some() {
        shown.push('#');
        shown += HIDDEN;
    }
    shown
}

/// Where it is not clear which part is user and password, since one of them contains a `/`, `?` or `#`: everything before
/// the last `@`.
fn without_unclear_user(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (_, host) = rest.rsplit_once('@')?;
    let is_clear = url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") || !url.path().contains('@'));
    (!is_clear).then(|| format!("{scheme}://{HIDDEN}@{host}"))
}

fn without_user(path: &str) -> String {
    let start = path.find("://").map_or(if path.starts_with("//") { 2 } else { 0 }, |at| at + 3);
    let (scheme, rest) = path.split_at(start);
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{HIDDEN}@{host}{tail}"),
        None => path.to_owned(),
    }
}

fn redact_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, value)) if is_secret_pair(name, value) => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    }
}

/// A text with placeholders, without their default values: `${TOKEN:-…}`.
pub fn without_defaults(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(from) = rest.find("${") {
        let (before, placeholder) = rest.split_at(from);
        let end = placeholder.find('}').map_or(placeholder.len(), |end| end + 1);
        let (placeholder, after) = placeholder.split_at(end);
        shown += before;
        match placeholder.split_once(":-") {
            Some((name, _)) => shown.extend([name, ":-", HIDDEN, "}"]),
            None => shown += placeholder,
        }
        rest = after;
    }
    shown + rest
}

/// A URL without user, password, fragment and the parameters that look like secrets; nothing when it is not a URL.
pub(crate) fn strip_url(text: &str) -> Option<String> {
    let mut url = url::Url::parse(text.trim()).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, value)| !is_secret_pair(name, value))
        .map(|(n, v)| (n.into(), v.into()))
        .collect();
    if kept.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(args: &[&str]) -> String {
        command_line("npx", &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_that_look_like_secrets_are_hidden() {
        for args in [
            &["--api-key", "hunter2"][..],
            &["--api-key=hunter2"],
            &["-e", "GITHUB_TOKEN=hunter2"],
            &["--token", "hunter2", "stays"],
            &["--header", "Authorization: hunter2"],
            &["postgres://me:hunter2@db/x"],
            &["http://a/?password=hunter2"],
            &["ghp_hunter2hunter2hunter2"],
            &["-c", "npx it --token hunter2 --verbose"],
            &["-c", "curl http://me:hunter2@a/ --key=hunter2 x"],
            &["-c", "npx it\t--token\thunter2\n--verbose"],
            &["-c", "export GITHUB_TOKEN=hunter2\nnpx it\n"],
        ] {
            assert!(!line(args).contains("hunter2"), "{}", line(args));
        }
        assert!(line(&["--token", "hunter2", "stays"]).ends_with("stays"));
    }

    #[test]
    fn a_script_of_many_lines_stays_as_it_is() {
        for script in ["import sys\n\nprint( 1 )\n", "a\tb", "\n", " ", "a\u{2003}b\r\nc"] {
            assert_eq!(shown_arguments(&[script.to_owned()]), [script]);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_arguments_can_be_shown(args in proptest::collection::vec(r"(\PC|[ \t\n=:/@-]|token){0,30}", 0..4)) {
            proptest::prop_assert_eq!(shown_arguments(&args).len(), args.len());
        }
    }

    #[test]
    fn what_is_still_hidden_after_an_edit_is_what_it_was() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let known = words("--token one --pat=two x");
        assert_eq!(
            filled_in(&words("-v --pat=… --token … y"), &known),
            Ok(words("-v --pat=two --token one y"))
        );
        assert_eq!(filled_in(&words("--token … …"), &known), Err("…".to_owned()));
        assert_eq!(filled_in(&words("--token …"), &[]), Err("…".to_owned()));
    }

    #[test]
    fn other_arguments_stay_as_they_are() {
        let args = [
            "-y",
            "@scope/server",
            "--token-env",
            "MY_VAR",
            "--monkey=1",
            "--max-tokens=5",
            "http://a/?b=c",
            "two words",
            "C:\\x",
        ];
        assert_eq!(
            line(&args),
            "npx -y @scope/server --token-env MY_VAR --monkey=1 --max-tokens=5 http://a/?b=c \"two words\" C:\\x"
        );
    }

    #[test]
    fn urls_lose_what_looks_like_a_secret() {
        for (url, shown) in [
            ("http://a:1/mcp", "http://a:1/mcp"),
            ("http://u:p@a/x", "http://…@a/x"),
            ("http://a/?k=1&api_key=x", "http://a/?k=1&api_key=…"),
            ("http://a/#x", "http://a/#…"),
            ("redis://:aG/s=@a:1", "redis://…@a:1"),
            ("redis://:p?s#s@a", "redis://…@a"),
            ("redis://u:12/34@a", "redis://…@a"),
            ("http://a/@scope/x", "http://a/@scope/x"),
        ] {
            assert_eq!(redact_url(url), shown);
        }
        let stripped = strip_url("http://u:p@a/x?k=1&api_key=x#f").unwrap();
        assert_eq!(stripped, "http://a/x?k=1");
    }
}
