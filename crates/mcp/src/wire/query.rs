//! Keys that belong in the query of a URL. They are written into a request and nowhere else: no address that is kept, shown
//! or logged contains them.

use std::fmt::Write;

use url::form_urlencoded::{byte_serialize, parse};

use crate::Secret;

/// Path and query with the keys in it. A parameter with the name of a key is replaced: a server may send the key back in a
/// redirect or an endpoint, from which it was removed when it was read.
pub(crate) fn signed(path: &str, keys: &[(String, Secret)]) -> String {
    if keys.is_empty() {
        return path.to_owned();
    }
    let (path, query) = path.split_once('?').map_or((path, ""), |(path, query)| (path, query));
    let own = query.split('&').filter(|pair| !pair.is_empty() && !is_of(pair, keys));
    let mut signed = path.to_owned();
    let mut next = '?';
    for pair in own {
        let _ = write!(signed, "{next}{pair}");
        next = '&';
    }
    for (name, secret) in keys {
        let _ = write!(signed, "{next}{}={}", encoded(name), encoded(secret.expose()));
        next = '&';
    }
    signed
}

/// As in a URL. A space is `%20`, which all read alike; `+` is one only in forms.
pub(crate) fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn is_of(pair: &str, keys: &[(String, Secret)]) -> bool {
    parse(pair.as_bytes()).next().is_some_and(|(name, _)| keys.iter().any(|(key, _)| *key == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_behind_what_is_there_and_in_the_place_of_what_has_their_name() {
        let keys = [("apiKey".to_owned(), Secret::new("a/b c+"))];
        for (path, expected) in [
            ("/mcp", "/mcp?apiKey=a%2Fb%20c%2B"),
            ("/mcp?", "/mcp?apiKey=a%2Fb%20c%2B"),
            ("/mcp?profile=a%20b", "/mcp?profile=a%20b&apiKey=a%2Fb%20c%2B"),
            ("/mcp?apiKey=%E2%80%A6&x=1", "/mcp?x=1&apiKey=a%2Fb%20c%2B"),
            ("/mcp?api%4Bey=old", "/mcp?apiKey=a%2Fb%20c%2B"),
        ] {
            assert_eq!(signed(path, &keys), expected);
        }
        assert_eq!(signed("/mcp?apiKey=1", &[]), "/mcp?apiKey=1");
    }
}
