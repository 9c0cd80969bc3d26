-- What endpoints are of a kind, and which profiles they have of their own, without reading their documents.
CREATE INDEX endpoints_by_kind ON endpoints
    (application, ifnull(json_extract(document, '$.mode'), 'live'), json_extract(document, '$.scope'))
    WHERE deleted_at IS NULL;
CREATE INDEX endpoints_by_own_profile ON endpoints (json_extract(document, '$.profile'))
    WHERE deleted_at IS NULL AND json_extract(document, '$.profile') IS NOT NULL;
