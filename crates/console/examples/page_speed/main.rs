//! How long the server works on each page while one million messages are stored: it stores them, asks for every
//! page through the shipped router, and fails if one takes longer than [`LIMIT`].
//!
//! `cargo run --release -p fanfare-console --example page_speed -- [MESSAGES]`

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

mod fill;
mod machine;

use std::time::{Duration, Instant};

use axum::{Router, body::Body};
use fanfare_console::{ConsoleConfig, Wire};
use fanfare_engine::{Engine, EngineConfig, dispatch::Bounds};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use prometheus_client::registry::Registry;
use tower::ServiceExt as _;

type Failure = Box<dyn std::error::Error>;

/// What a page may take.
const LIMIT: Duration = Duration::from_millis(50);
const ROUNDS: usize = 15;
const MESSAGES: u64 = 1_000_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let messages = std::env::args().nth(1).map_or(Ok(MESSAGES), |number| number.parse())?;
    let directory = tempfile::tempdir()?;
    let context = machine::context(directory.path())?;
    let begun = Instant::now();
    let world = fill::fill(&context, messages).await?;
    println!("{messages} messages stored in {:.0} s", begun.elapsed().as_secs_f64());
    let config = EngineConfig {
        node: "speed".to_owned(),
        roles: fanfare_core::node::Roles::ALL,
        lease: fanfare_core::limits::LEASE,
        retention_days: 90,
        grace: Duration::from_secs(1),
        bounds: Bounds::default(),
    };
    let (engine, _node) = Engine::start(context, config, &mut Registry::default()).await?;
    let config = ConsoleConfig {
        public_url: "http://localhost".to_owned(),
        api: "{}".to_owned(),
        wire: Wire { head: |_, _| Ok(String::new()) },
    };
    let pages = Pages::open(fanfare_console::router(engine.clone(), &config), &engine).await?;
    let mut is_slow = false;
    println!("{:>9} {:>9} {:>9}  page", "first", "median", "bytes");
    for path in world.paths() {
        is_slow |= pages.measure(&path).await? > LIMIT;
    }
    if is_slow { Err(format!("a page takes longer than {LIMIT:?}").into()) } else { Ok(()) }
}

/// The pages as the operator of the server sees them.
struct Pages {
    router: Router,
    cookie: String,
}

impl Pages {
    async fn open(router: Router, engine: &Engine) -> Result<Self, Failure> {
        let sessions = fanfare_engine::session::Sessions::new(engine.context().clone());
        let link = sessions.operator_link().await?;
        let entered = sessions.follow(link.reveal()).await?.ok_or("the link opens nothing")?;
        Ok(Self { router, cookie: format!("fanfare_console={}", entered.token.reveal()) })
    }

    /// Prints what a page takes; its median.
    async fn measure(&self, path: &str) -> Result<Duration, Failure> {
        let mut took = Vec::with_capacity(ROUNDS);
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let request = Request::get(path).header(header::COOKIE, &self.cookie).body(Body::empty())?;
            let begun = Instant::now();
            let answer = self.router.clone().oneshot(request).await?;
            if answer.status() != StatusCode::OK {
                return Err(format!("{path}: {}", answer.status()).into());
            }
            bytes = answer.into_body().collect().await?.to_bytes().len();
            took.push(begun.elapsed());
        }
        let first = took[0];
        took.sort_unstable();
        let median = took[ROUNDS / 2];
        let mark = if median > LIMIT { "  TOO SLOW" } else { "" };
        println!("{:>6.1} ms {:>6.1} ms {bytes:>9}  {path}{mark}", millis(first), millis(median));
        Ok(median)
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
