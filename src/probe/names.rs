//! Names to addresses, without harm to others when a DNS server is dead.
//!
//! The system's own resolver blocks a thread until it gives up, which takes far longer than a look: with a dead server
//! such threads would pile up until nothing else can run. So DNS is asked from here, by the system's configuration
//! (`resolv.conf`, `hosts`), and a look that ends takes its question with it. Answers are kept as long as they may be,
//! in a bounded cache. Only names that DNS says don't exist are put to the system's resolver, which may know others
//! (mDNS, the machine's own name): a few at a time.

use std::{
    fmt, fs, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use hickory_resolver::{TokioResolver, net::NetError};
use tokio::{net::lookup_host, sync::Semaphore};

use crate::domain::text::clean_line;

/// Names kept at most.
const CACHED: u64 = 4096;
/// An answer is kept for no longer, so that a failover is seen.
const LONGEST: Duration = Duration::from_secs(60);
/// That a name does not exist is believed for so long.
const LONGEST_NOTHING: Duration = Duration::from_secs(5);
/// A server is given so long before the next is asked.
const PATIENCE: Duration = Duration::from_secs(1);
/// Threads that may wait for the system's resolver at a time.
const AT_ONCE: usize = 4;
/// What the configuration of DNS is read from.
const FILES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

type Stamp = [Option<SystemTime>; 2];

/// Resolves names.
pub(super) struct Names {
    /// By the configuration as it was at that time; no resolver if it names no server.
    resolver: Mutex<Option<(Stamp, Option<TokioResolver>)>>,
    /// Asked instead of the system's servers, in tests.
    fixed: Option<TokioResolver>,
    system: Arc<Semaphore>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Default for Names {
    fn default() -> Self {
        Self { resolver: Mutex::default(), fixed: None, system: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Names {
    /// Every address of a name; the error says why there is none.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let Some(resolver) = self.resolver() else { return self.of_the_system(host, port).await };
        match resolver.lookup_ip(host).await {
            Ok(found) => Ok(found.iter().map(|ip| SocketAddr::new(ip, port)).collect()),
            Err(error) if error.is_no_records_found() => match self.of_the_system(host, port).await {
                Ok(found) if !found.is_empty() => Ok(found),
                _ if error.is_nx_domain() => Err("the name does not exist".to_owned()),
                _ => Err("the name has no address".to_owned()),
            },
            Err(error) => Err(explained(&error)),
        }
    }

    /// The resolver of the system's configuration as it is now.
    fn resolver(&self) -> Option<TokioResolver> {
        if let Some(fixed) = &self.fixed {
            return Some(fixed.clone());
        }
        let stamp = FILES.map(|file| fs::metadata(file).and_then(|data| data.modified()).ok());
        let mut known = self.resolver.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((read, resolver)) if *read == stamp => resolver.clone(),
            _ => {
                let resolver = TokioResolver::builder_tokio().and_then(|mut builder| {
                    let options = builder.options_mut();
                    options.cache_size = CACHED;
                    options.positive_max_ttl = Some(LONGEST);
                    options.negative_max_ttl = Some(LONGEST_NOTHING);
                    options.timeout = options.timeout.min(PATIENCE);
                    builder.build()
                });
                let resolver =
                    resolver.inspect_err(|error| tracing::debug!(%error, "no DNS server is configured")).ok();
                *known = Some((stamp, resolver.clone()));
                resolver
            }
        }
    }

    /// What the system's resolver says, unless too many wait for it already.
    async fn of_the_system(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let Ok(permit) = Arc::clone(&self.system).try_acquire_owned() else {
            return Err("the system's resolver is busy with other names".to_owned());
        };
        let host = host.to_owned();
        // The permit is held until the thread is free, not until the look is over.
        let asked = tokio::spawn(async move {
            let found = lookup_host((host.as_str(), port)).await.map(Iterator::collect);
            drop(permit);
            found
        });
        let found: io::Result<Vec<_>> = asked.await.map_err(|error| error.to_string())?;
        found.map_err(|error| {
            clean_line(error.to_string().trim_start_matches("failed to lookup address information: "), 200)
        })
    }
}

fn explained(error: &NetError) -> String {
    match error {
        NetError::Timeout => "no DNS server answered in time".to_owned(),
        other => clean_line(&other.to_string(), 200),
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Instant};

    use hickory_resolver::{
        config::{ConnectionConfig, NameServerConfig, ResolverConfig},
        net::runtime::TokioRuntimeProvider,
    };
    use tokio::{net::UdpSocket, time::timeout};

    use super::*;

    /// Asks only the server at this address.
    fn asking(server: SocketAddr) -> Names {
        let mut connection = ConnectionConfig::udp();
        connection.port = server.port();
        let server = NameServerConfig::new(server.ip(), true, vec![connection]);
        let config = ResolverConfig::from_parts(None, vec![], vec![server]);
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build().unwrap();
        Names { fixed: Some(resolver), ..Names::default() }
    }

    #[tokio::test]
    async fn f78_a_dead_dns_server_blocks_no_thread_and_no_other_name() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let names = Arc::new(asking(silent.local_addr().unwrap()));
        let begun = Instant::now();
        let looks = (0..600).map(|number| {
            let names = Arc::clone(&names);
            tokio::spawn(async move {
                let host = format!("name-{number}.example.");
                timeout(Duration::from_millis(300), names.addresses(&host, 80)).await.is_err()
            })
        });
        let looks: Vec<_> = looks.collect();
        // More of them than there are threads to block, and yet work for such threads is done at once.
        let done = tokio::task::spawn_blocking(|| 1).await;
        assert_eq!(done.unwrap(), 1);
        let here = timeout(Duration::from_secs(5), names.addresses("localhost", 80)).await.unwrap().unwrap();
        assert!(here.iter().all(|address| address.ip().is_loopback()), "{here:?}");
        for look in looks {
            assert!(look.await.unwrap(), "a dead server can't have answered");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "they waited at the same time");
    }

    #[tokio::test]
    async fn the_hosts_file_is_read() {
        let names = Names::default();
        let found = names.addresses("localhost", 7).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|address| address.port() == 7));
        assert!(found.iter().all(|address| matches!(address.ip(), IpAddr::V4(ip) if ip.is_loopback())
            || matches!(address.ip(), IpAddr::V6(ip) if ip.is_loopback())));
    }
}
