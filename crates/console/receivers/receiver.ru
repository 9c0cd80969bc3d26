# rackup receiver.ru --port 8000
require 'base64'
require 'openssl'
require 'rack/utils'

SECRET = ENV.fetch('WEBHOOK_SECRET')

def header(env, name)
  env["HTTP_#{name.upcase.tr('-', '_')}"].to_s
end

def part(parts, prefix)
  parts.find { |one| one.start_with?(prefix) }.to_s.delete_prefix(prefix)
end

def genuine?(env, body)
@@CHECK@@
end

run(lambda do |env|
  body = env['rack.input'].read.b
  # Keep the body for later, and answer at once.
  [genuine?(env, body) ? 200 : 401, {}, []]
end)
