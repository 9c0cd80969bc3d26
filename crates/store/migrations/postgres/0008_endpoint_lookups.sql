-- What endpoints are of a kind, and which profiles they have of their own, without reading their documents.
-- These columns repeat what the document says: whoever writes the one writes the other.
ALTER TABLE endpoints ADD COLUMN mode text COLLATE "C" NOT NULL DEFAULT 'live';
ALTER TABLE endpoints ADD COLUMN scope text COLLATE "C";
ALTER TABLE endpoints ADD COLUMN profile text COLLATE "C";
CREATE INDEX endpoints_by_kind ON endpoints (application, mode, scope) WHERE deleted_at IS NULL;
CREATE INDEX endpoints_by_own_profile ON endpoints (profile) WHERE deleted_at IS NULL AND profile IS NOT NULL;
