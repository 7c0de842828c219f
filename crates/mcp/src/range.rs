use std::net::IpAddr;

/// On the internet: neither this computer nor a network of one's own (RFC 1918, RFC 4193, link-local, carrier NAT).
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
