//! The REST API: routes, authentication, conversions at the edge, OpenAPI.
