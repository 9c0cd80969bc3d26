//! What happens in `fanfare demo --profile NAME`, one program per built-in system: who its customers are, how
//! they recognise requests, and what is posted. The events are our own, in the shapes that the systems document.

use crate::receiver::Customer;

/// A system's program.
pub(super) struct Program {
    /// The profile.
    pub(super) profile: &'static str,
    /// Who receives.
    pub(super) customers: &'static [Plan],
    /// What happens, in turn.
    pub(super) steps: &'static [Step],
}

/// A customer's endpoint.
pub(super) struct Plan {
    /// The endpoint's uid.
    pub(super) name: &'static str,
    /// Where it receives.
    pub(super) path: &'static str,
    /// Whether it is reached by https.
    pub(super) secured: bool,
    /// How it answers, in turn.
    pub(super) answers: &'static str,
    /// What is configured beside the URL: a JSON object.
    pub(super) settings: &'static str,
    /// How it recognises requests, by its secret.
    pub(super) recognises: fn(String) -> Customer,
}

/// Something that happens, and how many requests it leads to at which customer.
pub(super) struct Step {
    /// For the spectators.
    pub(super) says: &'static str,
    /// What is done.
    pub(super) action: Action,
    /// The customer, and the number of requests.
    pub(super) requests: (usize, usize),
}

/// What is done.
pub(super) enum Action {
    /// The customer's endpoint is made.
    Join,
    /// An event of this type and payload is posted; `NOW` in the payload is the time.
    Post(&'static str, &'static str),
    /// The last message is sent to the customer by hand.
    Resend,
}

const fn step(says: &'static str, action: Action, requests: (usize, usize)) -> Step {
    Step { says, action, requests }
}

/// All programs.
pub(super) const PROGRAMS: [Program; 6] = [
    Program {
        profile: "standard",
        customers: &[Plan {
            name: "billing",
            path: "/webhooks",
            secured: false,
            answers: "503,200",
            settings: r#"{"retrySchedule": [1]}"#,
            recognises: |secret| Customer::Standard { secret },
        }],
        steps: &[
            step("A customer adds an endpoint and gets a secret for it.", Action::Join, (0, 0)),
            step(
                "An invoice is paid. The customer's server fails once, so the event comes again.",
                Action::Post(
                    "invoice.paid",
                    r#"{"invoice": "2026-0117", "amount": 42.00, "currency": "EUR"}"#,
                ),
                (0, 2),
            ),
        ],
    },
    Program {
        profile: "trimoji",
        customers: &[Plan {
            name: "recruiting",
            path: "/trimoji",
            secured: false,
            answers: "200,204",
            settings: r#"{"filterTypes": ["QUIZZ_COMPLETED", "PROFILE_UPDATED"]}"#,
            recognises: |token| Customer::Trimoji { token },
        }],
        steps: &[
            step("A client adds a webhook for two events; Trimoji makes its token.", Action::Join, (0, 0)),
            step(
                "A candidate completes a test.",
                Action::Post(
                    "QUIZZ_COMPLETED",
                    r#"{"id": 51877, "data": {"candidate": "Zoé Lefèvre", "trimoji": "🃏🤝⏰", "strength": "Déterminé(e)"}}"#,
                ),
                (0, 1),
            ),
            step(
                "A profile changes. The client answers 204; only 200 counts, and nothing is tried again.",
                Action::Post(
                    "PROFILE_UPDATED",
                    r#"{"id": 51878, "data": {"candidate": "Zoé Lefèvre", "city": "Lyon"}}"#,
                ),
                (0, 1),
            ),
        ],
    },
    Program {
        profile: "talview",
        customers: &[
            Plan {
                name: "lms",
                path: "/talview/attempts",
                secured: false,
                answers: "500,200",
                settings: r#"{"filterTypes": ["ae_test_instance_created"], "retrySchedule": [1]}"#,
                recognises: |_| Customer::Talview,
            },
            Plan {
                name: "calendar",
                path: "/talview/meetings",
                secured: false,
                answers: "200",
                settings: r#"{"filterTypes": ["sch_meeting_created"], "method": "PUT"}"#,
                recognises: |_| Customer::Talview,
            },
        ],
        steps: &[
            step("The tenant subscribes to assessment attempts.", Action::Join, (0, 0)),
            step("It subscribes to meetings at another URL, by PUT.", Action::Join, (1, 0)),
            step(
                "A candidate starts an assessment. The receiver fails once. Nothing wraps the payload, and what \
                 nobody is shown is cut out of it.",
                Action::Post(
                    "ae_test_instance_created",
                    r#"{"id": 90211, "tenant_id": 17, "external_id": "A-88", "is_deleted": false, "candidate": {"id": 4107, "tenant_id": 17, "first_name": "Ravi", "last_name": "Menon", "cf": {}}, "measurement": {"id": 70112, "status": null, "time_taken": "00:00:00"}}"#,
                ),
                (0, 2),
            ),
            step(
                "A meeting is scheduled.",
                Action::Post(
                    "sch_meeting_created",
                    r#"{"id": 3301, "name": "Technical round", "from": "2026-11-24T09:00:00Z", "duration": "01:00:00", "meeting_participants": [{"id": 1, "participant_role": "panelist", "is_deleted": false}, {"id": 2, "participant_role": "candidate", "is_deleted": true}]}"#,
                ),
                (1, 1),
            ),
        ],
    },
    Program {
        profile: "qualifio",
        customers: &[Plan {
            name: "crm",
            path: "/qualifio",
            secured: false,
            answers: "503,200",
            settings: r#"{"secret": "campaigns-of-acme", "retrySchedule": [1, 1, 1, 1, 1, 1, 1], "auth": {"type": "header", "name": "x-test-authorization-header", "value": "123456ots"}}"#,
            recognises: |secret| Customer::Qualifio {
                header: "x-test-authorization-header".to_owned(),
                value: "123456ots".to_owned(),
                secret,
            },
        }],
        steps: &[
            step("An admin sets the webhook up: a header of their own and a secret.", Action::Join, (0, 0)),
            step(
                "Somebody starts to play. If they do not finish, that is sent after 60 minutes.",
                Action::Post(
                    "participation.incomplete",
                    concat!(
                        r#"{"id": "6C0A2E94-7F31-4B0B-9A65-2D1B8E4F7A10", "startedAt": "NOW", "state": "INCOMPLETE", "#,
                        r#""campaign": {"id": 7, "name": "Winter quiz", "channel": {"website": {"id": 12}}}}"#
                    ),
                ),
                (0, 0),
            ),
            step(
                "They finish: only the whole participation is sent. The receiver fails once; up to 7 retries.",
                Action::Post(
                    "participation.completed",
                    concat!(
                        r#"{"id": "6C0A2E94-7F31-4B0B-9A65-2D1B8E4F7A10", "startedAt": "NOW", "state": "COMPLETED", "#,
                        r#""campaign": {"id": 7, "name": "Winter quiz", "channel": {"website": {"id": 12}}}, "questionnaire": [{"id": 31, "score": 10, "maxScore": 10}]}"#
                    ),
                ),
                (0, 2),
            ),
        ],
    },
    Program {
        profile: "jofi",
        customers: &[
            Plan {
                name: "live",
                path: "/jofi/live",
                secured: true,
                answers: "503,200",
                settings: r#"{"retrySchedule": [1]}"#,
                recognises: |secret| Customer::JofiHmac { secret },
            },
            Plan {
                name: "test",
                path: "/jofi/test",
                secured: true,
                answers: "200",
                settings: r#"{"mode": "test", "auth": {"type": "basic", "username": "acme", "password": "career-2026"}}"#,
                recognises: |_| Customer::JofiBasic { pair: "acme:career-2026".to_owned() },
            },
        ],
        steps: &[
            step("JOFI staff configure the account's live endpoint, verified by HMAC.", Action::Join, (0, 0)),
            step("They configure a test endpoint, verified by Basic.", Action::Join, (1, 0)),
            step(
                "A participant is registered: the live endpoint is told, and fails once. The test endpoint is not.",
                Action::Post(
                    "test_taker.created",
                    r#"{"object": "test_taker", "id": 20417, "first_name": "Amara", "last_name": "Diallo", "email": "amara@example.com", "invitation_created_at": "2026-02-03T12:41:35.034681+00:00"}"#,
                ),
                (0, 2),
            ),
            step("An admin sends the same event to the test endpoint by hand.", Action::Resend, (1, 1)),
        ],
    },
    Program {
        profile: "trutac",
        customers: &[Plan {
            name: "payroll",
            path: "/hooks/trutac",
            secured: false,
            answers: "200,200,500",
            settings: r#"{"secret": "fleet-of-acme", "filterTypes": ["*"]}"#,
            recognises: |secret| Customer::Trutac { secret },
        }],
        steps: &[
            step(
                "An organisation adds a webhook for all events: it is told so by a ping.",
                Action::Join,
                (0, 1),
            ),
            step(
                "A driver clocks in.",
                Action::Post(
                    "clocking",
                    r#"{"action":"created","clocking":{"id":"CLOCKING-7041","driverId":"DRIVER-118","clockingTimeStamp":"2026-11-21T05:58:12","isClockIn":true}}"#,
                ),
                (0, 1),
            ),
            step(
                "A check sheet is filed. The receiver fails: the payload is lost, nothing is tried again.",
                Action::Post(
                    "checksheet",
                    r#"{"action":"created","checksheet":{"id":"CHECKSHEET-212","templateName":"Daily walkaround","additionalComments":"Left mirror cracked"}}"#,
                ),
                (0, 1),
            ),
        ],
    },
];
