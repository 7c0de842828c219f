//! Whether a URI may match a template (RFC 6570), well enough to find its owner. Its server determines the parts.

/// A template, as the texts between its expressions.
#[derive(Debug)]
pub(crate) struct UriTemplate<'a> {
    /// One more than there are expressions.
    literals: Vec<&'a str>,
    /// Whether each expression can contain slashes: `{+path}`, `{/path*}`, `{path*}`.
    is_wide: Vec<bool>,
}

impl<'a> UriTemplate<'a> {
    pub(crate) fn parse(template: &'a str) -> Self {
        let (mut literals, mut is_wide) = (Vec::new(), Vec::new());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{')
            && let Some((expression, behind)) = after.split_once('}')
        {
            literals.push(before);
            is_wide.push(
                expression.starts_with(['+', '#', '/', '?', '&', ';', '.']) || expression.ends_with('*'),
            );
            rest = behind;
        }
        literals.push(rest);
        Self { literals, is_wide }
    }

    /// The number of its literal characters.
    pub(crate) fn literal_bytes(&self) -> usize {
        self.literals.iter().map(|literal| literal.len()).sum()
    }

    pub(crate) fn fits(&self, uri: &str) -> bool {
        let Some((first, others)) = self.literals.split_first() else { return false };
        let Some(mut rest) = uri.strip_prefix(first) else { return false };
        for (at, (literal, is_wide)) in others.iter().zip(&self.is_wide).enumerate() {
            // The last one ends the URI; those before it are found as early as they can be.
            let is_last = at + 1 == others.len();
            let found = if is_last { rest.strip_suffix(literal).map(str::len) } else { rest.find(literal) };
            let Some(end) = found else { return false };
            let value = &rest[..end];
            if !is_wide && (value.is_empty() || value.contains('/')) {
                return false;
            }
            rest = &rest[end + literal.len()..];
        }
        rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_fits_the_template_that_it_comes_of() {
        for (template, uri, fits) in [
            ("test://template/{id}/data", "test://template/123/data", true),
            ("test://template/{id}/data", "test://template//data", false),
            ("test://template/{id}/data", "test://template/1/2/data", false),
            ("test://template/{id}/data", "test://template/1/data2", false),
            ("file:///{+path}", "file:///a/b/c.txt", true),
            ("file:///{path*}", "file:///a/b", true),
            ("x://{a}-{b}", "x://1-2", true),
            ("x://{a}-{b}", "x://12", false),
            ("x://fixed", "x://fixed", true),
            ("x://fixed", "x://fixed2", false),
            ("x://é{a}", "x://éü", true),
            ("x://{a", "x://{a", true),
            ("x://a{?q}", "x://a?q=1", true),
            ("x://a{?q}", "x://a", true),
        ] {
            assert_eq!(UriTemplate::parse(template).fits(uri), fits, "{template} {uri}");
        }
    }
}
