/// The common ports of MCP servers, for a scan that names none.
pub const USUAL_PORTS: &[u16] = &[
    80, 443, 3000, 3001, 3002, 3003, 3004, 3005, 3006, 3007, 3008, 3009, 3010, 3232, 4000, 5000, 5001, 5002,
    5003, 5004, 5005, 5006, 5007, 5008, 5009, 5010, 5173, 5678, 6274, 6277, 7071, 7860, 8000, 8001, 8002,
    8003, 8004, 8005, 8006, 8007, 8008, 8009, 8010, 8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088,
    8089, 8090, 8123, 8443, 8765, 8787, 8811, 8888, 9000, 9001, 9002,
];

/// Why a port is skipped unless the user names it: the server there speaks first, or bytes do harm.
pub(crate) fn hands_off(port: u16) -> Option<&'static str> {
    match port {
        9100..=9107 | 515 | 631 => Some("printers listen there and print what they are sent"),
        25 | 465 | 587 | 110 | 143 | 993 | 995 => Some("mail servers listen there"),
        21 | 22 | 23 | 3389 | 5900 => Some("logins are made there, and a stray request can lock an account"),
        502 | 20000 => Some("industrial devices are controlled there"),
        1883 | 8883 => Some("a message broker listens there"),
        6379 | 11211 | 27017 | 5432 | 3306 | 1433 | 9200..=9300 => Some("a database listens there"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ports_pass_the_gate() {
        assert!(USUAL_PORTS.iter().all(|port| hands_off(*port).is_none()));
        assert!(USUAL_PORTS.is_sorted());
    }

    #[test]
    fn printers_and_databases_are_left_alone() {
        assert!([9100, 631, 22, 502, 6379, 9250].iter().all(|port| hands_off(*port).is_some()));
    }
}
