# Doorkeeper with doorkeeper-openid_connect in a Rails application of one file: one user, one client, which it prints.
require 'action_controller/railtie'
require 'active_record/railtie'
require 'doorkeeper'
require 'doorkeeper/openid_connect'
require 'webrick'
require 'rack/handler/webrick'

PORT = Integer(ENV.fetch('PORT'))
ISSUER = "http://localhost:#{PORT}".freeze
ENV['DATABASE_URL'] = "sqlite3:#{__dir__}/provider.db?pool=10"
CLIENT = { uid: 'foyer', secret: 'a-secret-of-the-providers-command' }.freeze

class Provider < Rails::Application
  config.root = __dir__
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = 'a-key-of-the-providers-command' * 2
  config.hosts << 'localhost'
  config.logger = Logger.new($stderr, level: Logger::WARN)
end

class User < ActiveRecord::Base; end

Doorkeeper.configure do
  orm :active_record
  default_scopes :openid
  optional_scopes :profile, :email
  grant_flows %w[authorization_code]
  use_refresh_token
  skip_authorization { true }
  resource_owner_authenticator do
    User.find_by(id: session[:user_id]) || redirect_to("/sign-in?#{{ return_to: request.fullpath }.to_query}")
  end
end

Doorkeeper::OpenidConnect.configure do
  issuer ISSUER
  signing_key OpenSSL::PKey::RSA.new(2048).to_pem
  subject_types_supported [:public]
  resource_owner_from_access_token { |token| User.find_by(id: token.resource_owner_id) }
  auth_time_from_resource_owner { |user| user.created_at }
  subject { |user| user.id }
  claims do
    normal_claim(:name, scope: :profile, response: %i[id_token user_info]) { |user| user.name }
    normal_claim(:email, scope: :email, response: %i[id_token user_info]) { |user| user.email }
  end
end

class SignInController < ActionController::Base
  def new
    render inline: <<~PAGE
      <!doctype html><title>Sign in</title>
      <%= form_with url: '/sign-in' do |form| %>
        <%= form.hidden_field :return_to, value: params[:return_to] %>
        <%= form.password_field :password %><%= form.submit 'Sign in' %>
      <% end %>
    PAGE
  end

  def create
    return redirect_to('/sign-in') unless params[:password] == 'correct-horse'

    session[:user_id] = User.first.id
    redirect_to "#{ISSUER}#{params[:return_to]}"
  end
end

Provider.initialize!
ActiveRecord::Base.logger = nil
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:users) do |t|
    t.string :name
    t.string :email
    t.timestamps
  end
  create_table(:oauth_applications) do |t|
    t.string :name, null: false
    t.string :uid, null: false
    t.string :secret, null: false
    t.text :redirect_uri, null: false
    t.string :scopes, null: false, default: ''
    t.boolean :confidential, null: false, default: true
    t.timestamps
  end
  create_table(:oauth_access_grants) do |t|
    t.references :resource_owner, null: false
    t.references :application, null: false
    t.string :token, null: false
    t.integer :expires_in, null: false
    t.text :redirect_uri, null: false
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.string :scopes, null: false, default: ''
    t.string :code_challenge
    t.string :code_challenge_method
  end
  create_table(:oauth_access_tokens) do |t|
    t.references :resource_owner
    t.references :application, null: false
    t.string :token, null: false
    t.string :refresh_token
    t.integer :expires_in
    t.datetime :revoked_at
    t.datetime :created_at, null: false
    t.string :scopes
    t.string :previous_refresh_token, null: false, default: ''
  end
  create_table(:oauth_openid_requests) do |t|
    t.references :access_grant, null: false
    t.string :nonce, null: false
  end
end

Provider.routes.draw do
  use_doorkeeper
  use_doorkeeper_openid_connect
  get 'sign-in', to: 'sign_in#new'
  post 'sign-in', to: 'sign_in#create'
end

User.create!(name: 'Ada Lovelace', email: 'ada@example.com')
Doorkeeper::Application.create!(name: 'Foyer', redirect_uri: ENV.fetch('REDIRECT_URI'), scopes: 'openid profile email', **CLIENT)
puts JSON.generate(issuer: ISSUER, clientId: CLIENT[:uid], clientSecret: CLIENT[:secret])
$stdout.flush
Rack::Handler::WEBrick.run(Provider, Host: 'localhost', Port: PORT, AccessLog: [])
