//! The SSRF guard: which addresses a delivery may connect to. It is asked after resolution, about the very
//! address that is then connected to, so neither DNS tricks nor odd spellings of an address get around it.
//!
//! Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates), the
//! multicast and reserved ranges, and one well-known metadata address outside of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Decides which addresses deliveries may reach.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<IpNet>,
}

/// Why an address may not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address} lies in {network} ({purpose})")]
pub struct Refused {
    /// The address.
    pub address: IpAddr,
    /// The network that it lies in.
    pub network: IpNet,
    /// What that network is for.
    pub purpose: &'static str,
}

impl Guard {
    /// A guard that lets all public addresses pass, and those in `allowed`.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether a delivery may connect to `address`.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        if self.allows(address) {
            return Ok(());
        }
        match special(address) {
            Some((network, purpose)) => Err(Refused { address, network, purpose }),
            None => Ok(()),
        }
    }

    /// A mapped address reaches the IPv4 host that it names, so what allows that host allows it too.
    fn allows(&self, address: IpAddr) -> bool {
        let canonical = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address) || network.contains(&canonical))
    }
}

fn special(address: IpAddr) -> Option<(IpNet, &'static str)> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<(IpNet, &'static str)> {
    let row = SPECIAL_V4.iter().find(|(network, _)| network.contains(&address))?;
    Some((row.0.into(), row.1))
}

fn special_v6(address: Ipv6Addr) -> Option<(IpNet, &'static str)> {
    if NAT64.contains(&address) {
        return special_v4(embedded_v4(address));
    }
    if let Some(row) = SPECIAL_V6.iter().find(|(network, _)| network.contains(&address)) {
        return Some((row.0.into(), row.1));
    }
    if GLOBAL_UNICAST.contains(&address) {
        return None;
    }
    Some((Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0).into(), "not global unicast"))
}

/// The IPv4 address in the low 32 bits (RFC 6052 §2.2, for the /96 prefix).
fn embedded_v4(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// An IPv6-only host reaches public IPv4 hosts through this prefix, so the embedded address decides.
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96);

const GLOBAL_UNICAST: Ipv6Net = v6(0x2000, 0, 0, 3);

const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 8), "this network"),
    (v4(10, 0, 0, 0, 8), "private use"),
    (v4(100, 64, 0, 0, 10), "shared address space"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(168, 63, 129, 16, 32), "cloud platform metadata"),
    (v4(169, 254, 0, 0, 16), "link-local, cloud metadata"),
    (v4(172, 16, 0, 0, 12), "private use"),
    (v4(192, 0, 0, 0, 24), "IETF protocol assignments"),
    (v4(192, 0, 2, 0, 24), "documentation"),
    (v4(192, 88, 99, 0, 24), "6to4 relay anycast"),
    (v4(192, 168, 0, 0, 16), "private use"),
    (v4(198, 18, 0, 0, 15), "benchmarking"),
    (v4(198, 51, 100, 0, 24), "documentation"),
    (v4(203, 0, 113, 0, 24), "documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(255, 255, 255, 255, 32), "limited broadcast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
];

const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), "unspecified"),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), "loopback"),
    (Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), "IPv4-mapped"),
    (v6(0, 0, 0, 96), "IPv4-compatible"),
    (v6(0x64, 0xff9b, 1, 48), "local-use NAT64"),
    (v6(0x100, 0, 0, 32), "discard only, dummy prefix"),
    (v6(0x2001, 0, 0, 32), "Teredo"),
    (v6(0x2001, 0, 0, 23), "IETF protocol assignments"),
    (v6(0x2001, 0xdb8, 0, 32), "documentation"),
    (v6(0x2002, 0, 0, 16), "6to4"),
    (v6(0x3fff, 0, 0, 20), "documentation"),
    (v6(0x5f00, 0, 0, 16), "segment routing"),
    (v6(0xfc00, 0, 0, 7), "unique local"),
    (v6(0xfe80, 0, 0, 10), "link-local"),
    (v6(0xfec0, 0, 0, 10), "site-local"),
    (v6(0xff00, 0, 0, 8), "multicast"),
];

#[cfg(test)]
mod tests;
