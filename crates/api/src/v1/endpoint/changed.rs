//! What follows once an endpoint was made or changed: this node goes by it, the endpoint is told where its
//! profile says so, and the answer warns of what is allowed but not advised.

use fanfare_core::{application::Application, endpoint::Endpoint, profile::Moment};
use fanfare_engine::configure::endpoint::warnings;

use super::wire::EndpointOut;
use crate::{Api, auth::Caller};

impl Api {
    /// The answer about an endpoint that was made or changed. The change is done and on disk: what fails from
    /// here on is told in the answer and does not fail the request.
    pub(super) async fn endpoint_changed(
        &self,
        caller: &Caller,
        application: &Application,
        endpoint: Endpoint,
        moment: Moment,
    ) -> EndpointOut {
        self.changed().await;
        let id = endpoint.id;
        let profile = match caller.configure(self).endpoint_profile(application, &endpoint).await {
            Ok(profile) => profile,
            Err(error) => {
                tracing::warn!(%error, endpoint = %id, "could not read the profile of a changed endpoint");
                let untold = "the profile could not be read: the endpoint was told nothing of this change";
                return EndpointOut::from(endpoint).with_warnings(vec![untold.to_owned()]);
            }
        };
        let mut all = warnings(&endpoint, &profile);
        let told = self.engine.tell_endpoint(caller.environment(), &endpoint, &profile, moment).await;
        if let Err(error) = told {
            tracing::warn!(%error, endpoint = %id, "an endpoint could not be told that it changed");
            all.push(format!("the event that tells the endpoint of this change was not accepted: {error}; post to its `ping` path to send one"));
        }
        EndpointOut::from(endpoint).with_warnings(all)
    }
}
