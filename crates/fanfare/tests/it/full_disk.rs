//! A full disk: what cannot be stored is not acknowledged, the error is clear, and work goes on when there is
//! room again. The disk is a small one made for the test, since no test may fill a real one; mounting it needs
//! root: `unshare --user --map-root-user --mount cargo xtask test` gives it to those who are not.

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command, time::Duration};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    SOON,
    receiver::{Receiver, Recorder, Script, pause, within},
    server::TestServer,
};

const DISK: &str = "size=24m";
/// What is left free when the disk is said to be full: less than the batch that follows it needs.
const LEFT_BYTES: u64 = 256 * 1024;
const PAYLOAD_BYTES: usize = 64 * 1024;

/// A small file system, unmounted when dropped.
struct SmallDisk {
    at: TempDir,
}

impl SmallDisk {
    fn mount() -> Self {
        let at = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(at.path()).output().unwrap();
        assert!(mounted.status.success(), "this test mounts a small disk and needs root: {mounted:?}");
        Self { at }
    }

    fn ballast(&self) -> PathBuf {
        self.at.path().join("ballast")
    }

    /// Takes all room but a little.
    fn fill(&self) {
        let disk = rustix::fs::statvfs(self.at.path()).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        fs::write(self.ballast(), vec![1; usize::try_from(free - LEFT_BYTES).unwrap()]).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server that used it may be on its way out still.
        let _ = Command::new("umount").arg("--lazy").arg(self.at.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_acknowledges_nothing_and_recovers() {
    let disk = SmallDisk::mount();
    let data = disk.at.path().join("data");
    let mut server = TestServer::start_in(data, &["--allow-network", "127.0.0.0/8"]).await;
    server.tolerate("disk");
    let recorder = Recorder::new(Script::default());
    let receiver = Receiver::on_loopback(recorder.clone()).await.unwrap();
    let api = server.api();
    api.create_application("acme").await;
    api.create_endpoint("acme", &receiver, json!({})).await;
    let mut acknowledged = BTreeSet::from([api.post_message("acme", json!({"n": 0})).await]);

    disk.fill();
    let message = json!({"eventType": "test.big", "payload": {"pad": "x".repeat(PAYLOAD_BYTES)}});
    let refused = within(SOON, async {
        loop {
            let answer = api.post("/app/acme/msg", message.clone()).await;
            if answer.status != 202 {
                return answer;
            }
            acknowledged.insert(answer.expect(202)["id"].as_str().unwrap().to_owned());
        }
    });
    let refused = refused.await.expect("a full disk refuses");
    refused.expect_error(503, "store_unavailable");
    api.get("/app/acme").await.expect(200);

    disk.make_room();
    let accepted = within(SOON, async {
        loop {
            let answer =
                api.post("/app/acme/msg", json!({"eventType": "test.small", "payload": {"n": 1}})).await;
            if answer.status == 202 {
                return answer;
            }
            pause(Duration::from_millis(20)).await;
        }
    });
    let accepted = accepted.await.expect("it accepts again when there is room").expect(202);
    acknowledged.insert(accepted["id"].as_str().unwrap().to_owned());
    let all = recorder
        .wait_until(SOON, |all| acknowledged.iter().all(|id| all.iter().any(|webhook| &webhook.id == id)))
        .await
        .expect("everything acknowledged arrives");
    let arrived: BTreeSet<_> = all.into_iter().map(|webhook| webhook.id).collect();
    assert_eq!(arrived, acknowledged, "and nothing else does");
}
