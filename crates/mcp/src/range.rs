use std::net::IpAddr;

use model::Reach;

/// Some of these are on the internet and some are not: a name with such addresses is a sign of DNS rebinding.
pub(crate) fn is_mixed(addresses: &[IpAddr]) -> bool {
    let public = addresses.iter().filter(|ip| is_public(**ip)).count();
    public > 0 && public < addresses.len()
}

/// On the internet: neither this computer nor a private network (RFC 1918, RFC 4193, link-local, carrier NAT).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let carrier_nat = matches!(ip.octets(), [100, 64..=127, _, _]);
            !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified() || carrier_nat)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => is_public(IpAddr::V4(mapped)),
            None => {
                !(ip.is_loopback()
                    || ip.is_unicast_link_local()
                    || ip.is_unique_local()
                    || ip.is_unspecified())
            }
        },
    }
}

/// How far away an address is.
pub fn reach(ip: IpAddr) -> Reach {
    match ip.to_canonical() {
        ip if ip.is_loopback() => Reach::Loopback,
        ip if is_public(ip) => Reach::Public,
        _ => Reach::Private,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn own_networks_are_not_public() {
        let own =
            ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "0.0.0.0"];
        let own6 = ["::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "::"];
        assert!(own.iter().chain(&own6).all(|text| !is_public(ip(text))));
        assert!(
            ["1.1.1.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8"]
                .iter()
                .all(|text| is_public(ip(text)))
        );
    }

    #[test]
    fn a_name_with_addresses_on_both_sides_is_mixed() {
        assert!(is_mixed(&[ip("10.0.0.1"), ip("1.1.1.1")]));
        assert!(!is_mixed(&[ip("127.0.0.1"), ip("::1")]));
        assert!(!is_mixed(&[ip("1.1.1.1"), ip("8.8.8.8")]));
        assert!(!is_mixed(&[]));
    }
}
