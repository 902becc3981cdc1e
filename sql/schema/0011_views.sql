-- The views that were made for a project's definitions: made anew when these change or what they read does.

CREATE TABLE pulse.views (
  name       text PRIMARY KEY,
  definition text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE pulse.views IS 'The views over result tables that definitions have made';
COMMENT ON COLUMN pulse.views.definition IS 'The SELECT as the file has it';
