use std::fmt;

/// Where a secret of the configuration is: what stands in the file in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretReference {
    /// `${NAME}`: an environment variable.
    Variable(String),
    /// `${keyring:NAME}`: what is kept under this name.
    Kept(String),
}

impl SecretReference {
    /// Reads one; nothing where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("${")?.strip_suffix('}')?;
        if let Some(name) = name.strip_prefix("keyring:") {
            return is_secret_key(name).then(|| Self::Kept(name.to_owned()));
        }
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| Self::Variable(name.to_owned()))
    }
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${{{name}}}"),
            Self::Kept(name) => write!(f, "${{keyring:{name}}}"),
        }
    }
}

/// Whether a secret can be kept under this name: letters, digits, `-`, `_` and `.`, at most 64 of them.
pub fn is_secret_key(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&name.len()) && name.chars().all(fits)
}
