//! Headers that a person may add.

use crate::IntakeError;
use std::collections::BTreeMap;

use vault::SecretPurpose;

/// Header names that can be sent, and are not the protocol's own.
pub(crate) fn checked(headers: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, IntakeError> {
    const OURS: [&str; 5] = ["host", "content-length", "content-type", "accept", "origin"];
    for name in headers.keys() {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let lower = name.to_ascii_lowercase();
        if name.is_empty()
            || !name.bytes().all(letters)
            || OURS.contains(&lower.as_str())
            || lower.starts_with("mcp-")
        {
            let message = format!("`{name}` is no header that can be added: give one such as `X-Api-Key`");
            return Err(IntakeError::arguments(message));
        }
    }
    Ok(headers.clone())
}

/// What a secret is for: this header, or the bearer token.
pub(crate) fn slot(header: Option<&str>) -> Result<SecretPurpose, IntakeError> {
    let Some(name) = header else { return Ok(SecretPurpose::Token) };
    checked(&BTreeMap::from([(name.to_owned(), String::new())]))?;
    if name.eq_ignore_ascii_case("authorization") {
        return Err(IntakeError::arguments(
            "`Authorization` carries the token: leave the header out and give the token",
        ));
    }
    Ok(SecretPurpose::Header(name.to_ascii_lowercase()))
}
