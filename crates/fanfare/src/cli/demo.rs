//! `fanfare demo`: a server, two receivers of which one fails at first, and events on their way to both.
//!
//! Everything shown has really happened: the server is this executable as a process of its own, the events
//! go through its public API, and the receivers verify what arrives with code that the server does not share.
//! With `--profile` it shows one of the systems that are built in, request by request.

mod play;
mod program;
mod scene;
mod show;
mod stage;

use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use self::{scene::Scene, show::Show};
use crate::{
    bench::Interrupts,
    receiver::{pause, within},
};

/// Options of `fanfare demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Show one system instead: the requests of this profile as they go over the wire, and their check
    #[arg(long, value_name = "PROFILE", conflicts_with_all = ["events", "interval_ms", "failures"])]
    profile: Option<String>,
    /// Events to post
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    events: u32,
    /// Milliseconds from one event to the next
    #[arg(long, value_name = "MS", default_value_t = 400, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    interval_ms: u64,
    /// Webhooks that the failing receiver answers with 500 before it recovers
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    failures: u32,
    /// Seconds after which the demo ends, whatever is still under way
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    limit: u64,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the demo until everything has been delivered, the limit has passed, or Ctrl-C. On a terminal the server
/// stays until Ctrl-C, so that its pages can be looked at.
pub(crate) async fn run(args: DemoArgs) -> Result<()> {
    if let Some(profile) = &args.profile {
        return Box::pin(play::run(profile, Duration::from_secs(args.limit), args.json)).await;
    }
    let show = Show::new(args.json);
    let interrupts = Interrupts::listen()?;
    show.starting()?;
    let mut scene = Scene::prepare(args.failures).await?;
    show.opening(&scene, args.failures, &scene.pages().await?)?;
    let playing = play(&args, &mut scene, &show, interrupts.stop());
    let _ended_in_time = within(Duration::from_secs(args.limit), playing).await.transpose()?;
    show.arrived(scene.new_arrivals())?;
    let totals = scene.totals();
    show.totals(&totals)?;
    if show.may_stay()? {
        interrupts.stop().cancelled().await;
    }
    let doctor = scene.close().await?;
    show.summary(&totals, &doctor)
}

/// Posts the events and shows what happens meanwhile, until all have been delivered or given up.
async fn play(args: &DemoArgs, scene: &mut Scene, show: &Show, stop: &CancellationToken) -> Result<()> {
    let interval = Duration::from_millis(args.interval_ms);
    let mut left = args.events;
    let mut next_post = Box::pin(pause(Duration::ZERO));
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            () = scene.arrival() => {}
            () = &mut next_post, if left > 0 => {
                show.posted(&scene.post_event().await?)?;
                left -= 1;
                next_post = Box::pin(pause(interval));
            }
        }
        show.arrived(scene.new_arrivals())?;
        if left == 0 && scene.is_over() {
            return Ok(());
        }
    }
}
