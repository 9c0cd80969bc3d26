//! The suite that every store must pass.
//!
//! A store joins by one factory: a function that opens an empty store as a [`Subject`]. The macro
//! [`conformance!`](crate::conformance!) makes one test of each case. When a case has ended, the books are
//! audited, whatever it was about.

#![expect(clippy::unwrap_used, reason = "a store that fails here fails its test")]

pub mod accept;
pub mod activity;
pub mod applications;
pub mod claim;
pub mod endpoints;
pub mod environments;
pub mod erase;
pub mod fanout;
pub mod homes;
pub mod inboxes;
pub mod lanes;
pub mod leases;
pub mod lists;
pub mod messages;
pub mod ordered;
pub mod pages;
pub mod record;
pub mod replay;
pub mod rescue;
pub mod resend;
pub mod retain;
pub mod sessions;
pub mod superseding;
mod world;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::ports::Store;

pub use world::World;

/// A store under test, empty at first. Dropping it removes what it kept.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// Lets at least so much time pass on the store's clock; only asked of stores that are shared.
    async fn pass(&self, time: Duration);

    /// What the audit rows say, oldest first: actor, action, target.
    async fn audit_rows(&self) -> Vec<(String, String, String)>;

    /// What is wrong with the store itself, below its tables.
    async fn damage(&self) -> Vec<String>;
}

/// Runs one case and audits the books.
pub async fn run(subject: impl Subject + 'static, case: impl AsyncFnOnce(&World)) {
    let world = World::new(Box::new(subject)).await;
    case(&world).await;
    world.audit_books().await;
}

/// The same among other cases of one test: says which it is.
#[expect(clippy::print_stdout, reason = "shown where the test fails")]
pub async fn run_named(name: &str, subject: impl Subject + 'static, case: impl AsyncFnOnce(&World)) {
    println!("{name}");
    run(subject, case).await;
}

/// Makes a test of each case, for the store that `$open` opens: a path to a function without arguments that
/// returns a [`Subject`].
///
/// With `by_module` before it, a test of each module, for stores whose server is dear to start: `$open` is then
/// a path to an async function that returns what opens an empty store for each case, by an async method
/// `subject`.
#[macro_export]
macro_rules! conformance {
    ($open:path) => {
        $crate::conformance! { @list cases $open }
    };
    (by_module $open:path) => {
        $crate::conformance! { @list modules $open }
    };
    (@list $how:ident $open:path) => {
        $crate::conformance! { @$how $open;
            accept {
                stores_a_message_with_its_deliveries
                keeps_every_kind_of_payload
                repeats_an_idempotency_key
                forgets_an_expired_idempotency_key
                refuses_a_taken_event_id
                allows_an_expired_event_id_again
                tells_duplicates_within_one_batch_apart
                sees_a_change_of_the_application
                sees_a_change_of_the_environment
                refuses_a_deleted_application
                refuses_an_application_of_another_environment
                keeps_keys_of_applications_apart
                no_item_fails_its_mates
                takes_the_same_message_once
                wakes_lanes_of_unowned_deliveries_only
                starts_in_an_ended_state
            }
            record {
                records_a_success
                records_a_retry_and_wakes_the_lane
                records_every_end
                the_same_report_again_is_late
                keeps_the_attempt_of_a_late_report
                keeps_an_attempt_once
                ignores_what_was_erased
                keeps_health
                disables_an_endpoint_once
                forgets_health_when_enabled_again
                rests_a_lane
                releases_what_it_owns
                releases_nothing_of_others
            }
            claim {
                claims_due_deliveries_in_order
                claims_up_to_the_limit
                claims_up_to_a_bound_of_payload_bytes
                claims_nothing_twice
                undoes_a_claim_in_doubt
                leaves_what_is_not_due
                carries_the_message
                drops_an_idle_lane
                tells_when_to_look_again
                walks_due_lanes_in_pages
                counts_the_backlog
            }
            lanes {
                holds_the_lane_of_a_paused_endpoint
                holds_the_lane_of_a_disabled_endpoint
                collects_while_held
                cancels_what_waits_for_a_deleted_endpoint
                cancels_what_comes_back_to_a_deleted_endpoint
                rests_until_then
                shortens_a_rest
                remembers_a_rest_without_work
                tells_which_lanes_rest
            }
            homes {
                one_home_at_a_time
                a_dead_home_is_followed
                an_idle_lane_keeps_its_home
                whoever_needs_no_home_ends_it
                shows_due_lanes_to_their_home_only
            }
            leases {
                rescues_what_a_lease_run_out_left
                takes_nothing_from_who_is_not_judged
                leaves_a_lease_that_goes_on
                what_is_declared_dead_stays_dead
                a_late_renewal_in_time_holds
                frees_what_is_written_for_the_dead
                a_late_report_of_a_rescued_delivery_changes_nothing
                the_first_that_delivers_leads
                a_start_ends_nobody
            }
            ordered {
                claims_only_the_head_of_each_key
                a_retrying_head_blocks_its_key_only
                the_end_of_a_head_frees_the_next
                an_owned_head_blocks_too
                the_end_of_an_owned_head_frees_an_unowned_one
                released_followers_stay_blocked
                a_cancelled_head_frees_the_next
                a_resent_one_goes_to_the_end
                a_late_fanout_comes_before_its_followers
            }
            rescue {
                frees_what_the_dead_own
                leaves_what_the_living_own
                frees_in_slices
                a_new_start_ends_the_old
                heartbeats_tell_the_dead
                checks_the_master_key
            }
            fanout {
                writes_slices
                refuses_a_cursor_that_moved
                goes_oldest_first
                leaves_existing_deliveries
                survives_nothing_of_a_deleted_application
            }
            resend {
                sends_ended_ones_again
                hurries_waiting_ones
                leaves_owned_ones
                makes_missing_ones
                refuses_what_is_not_there
                cancels_waiting_ones
                leaves_owned_and_ended_ones_uncancelled
                expires_waiting_ones
                never_expires_a_resent_one
            }
            retain {
                erases_old_messages
                keeps_what_still_waits
                walks_many_applications_in_slices
                erases_a_large_message_in_slices
                erases_old_payloads
                erases_expired_keys
                erases_endpoints_nobody_refers_to
                compacts
            }
            erase {
                erases_an_application_in_slices
                leaves_other_applications
                ends_what_is_under_way
            }
            replay {
                keeps_every_field
                chooses_what_the_selection_says
                tells_what_is_known_of_each
                chooses_in_pieces
                looks_at_a_bounded_number
                steps_once
                sends_after_counting
                lists_open_ones
                counts_what_is_due
                lists_those_of_an_application
                lists_those_of_an_environment
                cancels_open_ones
                fails_open_ones
                bounds_open_ones
                erases_old_ones
                ends_with_its_application
            }
            environments {
                makes_environments
                makes_environments_with_event_types
                keeps_aliases_apart
                finds_keys_by_hash
                lists_keys_without_portal_tokens
                revokes_keys
                ends_portal_tokens_of_one_application
                keeps_how_a_portal_looks
                keeps_event_types
                narrows_event_types
                puts_archived_event_types_back
                keeps_profiles
                knows_profiles_in_use
                remembers_answers
                versions_grow_with_changes
            }
            applications {
                makes_and_finds_applications
                refuses_a_taken_uid
                frees_the_uid_of_a_deleted_one
                refuses_a_stale_update
                deletes_at_once
                gives_the_configuration
                tells_what_changed
                writes_audit_rows
            }
            endpoints {
                makes_and_finds_endpoints
                keeps_every_field
                refuses_a_taken_uid
                refuses_a_stale_revision
                deletes_and_wipes
                frees_the_uid_of_a_deleted_one
                holds_no_more_of_a_kind_than_may_be
                shows_deleted_ones_as_destinations
                needs_its_application
                writes_audit_rows
            }
            messages {
                reads_with_and_without_payload
                finds_by_event_id
                expunges
                filters
                filters_by_time
                looks_back_so_far
                belongs_to_its_application
            }
            lists {
                lists_deliveries
                lists_messages_of_an_endpoint
                lists_destinations
                lists_attempts_of_a_message
                lists_attempts_of_an_endpoint
                filters_attempts
                expunges_an_attempt
                counts_deliveries_of_an_endpoint
            }
            superseding {
                keeps_the_replace_key
                cancels_what_waits_everywhere
                leaves_others_alone
                leaves_ended_ones
                qua_5_what_does_not_supersede_cancels_nothing
                qua_5_cancels_what_comes_too_late_at_once
                goes_by_the_order_within_a_batch
                a_repeated_message_supersedes_nothing
                tells_the_owner_who_asks
                a_failure_in_flight_is_not_retried
                a_success_in_flight_stands
                what_is_given_back_ends
                what_is_rescued_ends
                lets_the_next_of_its_order_go
                blocks_no_order_from_the_start
                supersedes_a_fanout_on_its_way
                a_fanout_supersedes
                resends_by_hand_what_was_superseded
                a_recovery_leaves_superseded_and_expired_ones
                a_recovery_keeps_to_the_time_of_delivery
                forgets_a_replace_key_in_time
                holds_after_expunging
                cancels_very_many
                keeps_the_profile_of_a_delivery
            }
            sessions {
                keeps_sessions_until_they_end
                follows_a_link_once
                erases_expired_sessions
                pages_the_audit_log
            }
            activity {
                keeps_what_each_process_saw
                keeps_environments_apart
                erases_old_activity
                tells_what_waits_by_environment
                lists_failing_endpoints_of_an_environment
            }
            inboxes {
                keeps_inboxes_until_they_expire
                belong_to_their_application
                hold_no_more_than_may_be
                keep_the_newest_of_what_arrives
                are_changed_and_deleted
                are_erased_when_they_have_expired
                are_erased_with_their_application
            }
            pages {
                messages_in_both_directions
                large_payloads_make_pages_short
                applications_in_both_directions
                endpoints_in_both_directions
                event_types_in_both_directions
                deliveries_in_both_directions
                attempts_in_both_directions
            }
        }
    };
    (@cases $open:path; $($module:ident { $($case:ident)* })*) => {
        $(mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::conformance::run($open(), $crate::conformance::$module::$case).await;
                }
            )*
        })*
    };
    (@modules $open:path; $($module:ident { $($case:ident)* })*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $module() {
                let subjects = $open().await;
                $(
                    let case = concat!(stringify!($module), "::", stringify!($case));
                    let subject = subjects.subject().await;
                    $crate::conformance::run_named(case, subject, $crate::conformance::$module::$case).await;
                )*
            }
        )*
    };
}
