//! Certificates as people read them, and the trust of a server's record.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

use crate::Millis;

/// The SHA-256 of a certificate: 64 hexadecimal digits in small letters. People and other tools write it with colons, in
/// capitals, or behind `SHA256:`; all of them are read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, TS)]
#[ts(type = "string")]
pub struct Fingerprint(String);

/// Text that is not a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0:.100}` is not the fingerprint of a certificate: give its SHA-256, 64 hexadecimal digits with or \
     without colons"
)]
pub struct NoFingerprint(String);

impl Fingerprint {
    /// From the bytes of a digest.
    pub fn of_digest(digest: [u8; 32]) -> Self {
        use fmt::Write as _;
        Self(digest.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing into memory cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// Reads a fingerprint as people write it.
    pub fn parse(text: &str) -> Result<Self, NoFingerprint> {
        let wrong = || NoFingerprint(text.to_owned());
        // `openssl x509 -fingerprint -sha256` writes `sha256 Fingerprint=AA:BB…`.
        let digits = text.rsplit_once('=').map_or(text, |(_, digits)| digits).trim();
        let is_named = digits.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sha256:"));
        let digits = if is_named { digits.get(7..).unwrap_or_default() } else { digits };
        let bare: String = digits.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        let is_one = bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Self(bare.to_ascii_lowercase())).ok_or_else(wrong)
    }

    /// Only the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As other tools show it: `AB:CD:…`.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, digit) in self.0.chars().enumerate() {
            if at > 0 && at % 2 == 0 {
                f.write_str(":")?;
            }
            write!(f, "{}", digit.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A certificate. All but its fingerprint is what its issuer claims.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Certificate {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// The name it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The names and addresses it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The name of its issuer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub issuer: String,
    /// The start of its validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub not_before: Option<Millis>,
    /// The end of its validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub not_after: Option<Millis>,
}

impl Certificate {
    /// A certificate of which only this is known.
    pub fn known_by(fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            subject: String::new(),
            names: Vec::new(),
            issuer: String::new(),
            not_before: None,
            not_after: None,
        }
    }
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// It is not the one that was accepted.
    Changed,
    /// It is signed by itself.
    SelfSigned,
    /// Its issuer is not trusted here: a private CA, for example.
    UnknownIssuer,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// Its issuer has revoked it.
    Revoked,
    /// Anything else: see `note`.
    Unusable,
}

/// A certificate that is not trusted, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RefusedCertificate {
    /// The certificate that was presented.
    pub shown: Certificate,
    /// Everything that is wrong with it; at least one thing.
    pub flaws: Vec<Flaw>,
    /// The name or address of the request.
    pub asked: String,
    /// The accepted certificate, when that is another.
    #[serde(default)]
    pub agreed: Option<Certificate>,
    /// More of what is wrong, in the words of a library.
    #[serde(default)]
    pub note: Option<String>,
}

impl RefusedCertificate {
    /// In a few words, for a list.
    pub fn summary(&self) -> &'static str {
        match self.flaws.first() {
            Some(Flaw::Changed) => "Certificate changed",
            Some(Flaw::SelfSigned) => "Self-signed certificate",
            Some(Flaw::UnknownIssuer) => "Unknown issuer",
            Some(Flaw::Expired) => "Certificate expired",
            Some(Flaw::NotYetValid) => "Not valid yet",
            Some(Flaw::WrongName) => "Certificate: wrong name",
            Some(Flaw::Revoked) => "Certificate revoked",
            Some(Flaw::Unusable) | None => "Certificate not trusted",
        }
    }

    fn say(&self, flaw: Flaw) -> String {
        let shown = &self.shown;
        let day = |at: Option<Millis>| at.map_or_else(|| "an unknown day".to_owned(), date);
        match flaw {
            Flaw::Changed => {
                let old = self.agreed.as_ref().map(|agreed| format!(" ({})", agreed.fingerprint));
                format!("it is not the accepted one{}, but {}", old.unwrap_or_default(), shown.fingerprint)
            }
            Flaw::SelfSigned => "it is self-signed: no CA has signed it".to_owned(),
            Flaw::UnknownIssuer => {
                format!("it is signed by `{}`, which this computer does not trust", shown.issuer)
            }
            Flaw::Expired => format!("it expired on {}", day(shown.not_after)),
            Flaw::NotYetValid => format!("it is valid only from {} on", day(shown.not_before)),
            Flaw::WrongName if shown.names.is_empty() => {
                format!("it names no address, so it is not for `{}`", self.asked)
            }
            Flaw::WrongName => format!("it is for `{}`, not for `{}`", shown.names.join("`, `"), self.asked),
            Flaw::Revoked => "its issuer has revoked it".to_owned(),
            Flaw::Unusable => self.note.clone().unwrap_or_else(|| "it cannot be used".to_owned()),
        }
    }
}

/// Why it is not trusted, as the end of a sentence.
impl fmt::Display for RefusedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<String> = self.flaws.iter().map(|flaw| self.say(*flaw)).collect();
        f.write_str(&said.join("; "))
    }
}

/// How a server's certificate is trusted, where that is not by the CAs that this computer trusts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(untagged, try_from = "WrittenTrust")]
#[ts(untagged)]
pub enum Tls {
    /// Only this private CA.
    Ca {
        /// The path of its file on this computer, in PEM.
        ca: String,
    },
    /// Only this certificate, which was accepted. Its names and its dates are not checked, as with the keys of SSH.
    Agreed(Certificate),
}

/// Either form as it is in a file, so that an error can say what is wrong.
#[derive(Deserialize)]
struct WrittenTrust {
    ca: Option<String>,
    #[serde(flatten)]
    agreed: Option<serde_json::Map<String, serde_json::Value>>,
}

impl TryFrom<WrittenTrust> for Tls {
    type Error = String;

    fn try_from(written: WrittenTrust) -> Result<Self, String> {
        let agreed = written.agreed.unwrap_or_default();
        match (written.ca, agreed.contains_key("fingerprint")) {
            (Some(ca), false) => Ok(Self::Ca { ca }),
            (None, true) => {
                serde_json::from_value(agreed.into()).map(Self::Agreed).map_err(|error| error.to_string())
            }
            _ => Err("`tls` needs either a `fingerprint` or a `ca`".to_owned()),
        }
    }
}

/// A day in UTC, `2026-12-01`: certificates contain times, but people plan in days.
pub fn date(at: Millis) -> String {
    // Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is the last.
    let days = at.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn a_fingerprint_is_read_as_people_write_it() {
        let one = Fingerprint::parse(HEX).unwrap();
        let colons = one.to_string();
        assert!(colons.starts_with("01:23:45:67:89:AB:"), "{colons}");
        let all = [
            colons.clone(),
            HEX.to_uppercase(),
            format!("SHA256:{HEX}"),
            format!("sha256 Fingerprint={colons}"),
            format!(" {HEX} "),
        ];
        for text in all {
            assert_eq!(Fingerprint::parse(&text), Ok(one.clone()), "{text}");
        }
        for text in ["", "12:34", &HEX[1..], &format!("{HEX}0"), &HEX.replace('0', "g"), "ключ"] {
            assert!(Fingerprint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (at, day) in [
            (0, "1970-01-01"),
            (951_782_400_000, "2000-02-29"),
            (1_798_761_599_999, "2026-12-31"),
            (1_798_761_600_000, "2027-01-01"),
            (-1, "1969-12-31"),
            (4_107_542_400_000, "2100-03-01"),
        ] {
            assert_eq!(date(at), day);
        }
    }

    #[test]
    fn what_is_trusted_is_read_from_both_forms() {
        let agreed: Tls = serde_json::from_value(serde_json::json!({ "fingerprint": HEX })).unwrap();
        assert_eq!(agreed, Tls::Agreed(Certificate::known_by(Fingerprint::parse(HEX).unwrap())));
        assert_eq!(serde_json::to_value(&agreed).unwrap(), serde_json::json!({ "fingerprint": HEX }));
        let ca: Tls = serde_json::from_value(serde_json::json!({ "ca": "/etc/ca.pem" })).unwrap();
        assert_eq!(ca, Tls::Ca { ca: "/etc/ca.pem".to_owned() });
        for (wrong, why) in [
            (serde_json::json!({ "fingerprint": "12" }), "not the fingerprint"),
            (serde_json::json!({ "fingerprint": HEX, "ca": "/a" }), "either"),
            (serde_json::json!({}), "either"),
        ] {
            let error = serde_json::from_value::<Tls>(wrong).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_said() {
        let shown = Certificate {
            names: vec!["nas".to_owned()],
            not_after: Some(0),
            ..Certificate::known_by(Fingerprint::parse(HEX).unwrap())
        };
        let refused = RefusedCertificate {
            shown,
            flaws: vec![Flaw::SelfSigned, Flaw::Expired, Flaw::WrongName],
            asked: "10.0.0.5".to_owned(),
            agreed: None,
            note: None,
        };
        assert_eq!(
            refused.to_string(),
            "it is self-signed: no CA has signed it; it expired on 1970-01-01; it is for `nas`, not for `10.0.0.5`"
        );
        assert!(refused.summary().chars().count() <= 24, "it fits into a column");
    }
}
