#include "nodes/vault.hpp"

#include <openssl/crypto.h>

namespace paynamed::nodes {

Vault::Vault(state::NodeStore& store, base::Random& random, KeySource key)
    : store_(store), random_(random), key_(std::move(key)), held_(std::make_shared<Table>()) {}

base::Result<std::string> Vault::read(std::string_view handle) {
  {
    const std::lock_guard lock(held_->mutex);
    const auto held = held_->by_handle.find(handle);
    if (held != held_->by_handle.end()) return held->second;
  }
  const auto sealed = store_.find_secret(handle);
  if (!sealed) return base::fail(sealed.error());
  if (!*sealed)
    return base::fail(base::not_found("there is no such secret; the node or webhook may have been removed"));
  const auto key = key_();
  if (!key) return base::fail(key.error());
  return key->open(handle, (*sealed)->bytes);
}

Vault::Held::Held(Vault& vault, std::map<std::string, std::string> by_handle) : table_(vault.held_) {
  const std::lock_guard lock(table_->mutex);
  for (auto& [handle, value] : by_handle) {
    handles_.push_back(handle);
    table_->by_handle.insert_or_assign(handle, std::move(value));
  }
}

Vault::Held::~Held() {
  const std::lock_guard lock(table_->mutex);
  for (const std::string& handle : handles_) {
    const auto held = table_->by_handle.find(handle);
    if (held == table_->by_handle.end()) continue;
    OPENSSL_cleanse(held->second.data(), held->second.size());
    table_->by_handle.erase(held);
  }
}

base::Result<state::SealedSecret> Vault::seal(const std::string& handle, std::string_view value) {
  const auto key = key_();
  if (!key) return base::fail(key.error());
  auto sealed = key->seal(handle, value, random_);
  if (!sealed) return base::fail(sealed.error());
  return state::SealedSecret{handle, *std::move(sealed)};
}

base::Result<std::string> Vault::fingerprint(std::string_view text) {
  const auto key = key_();
  if (!key) return base::fail(key.error());
  return key->fingerprint(text);
}

base::Result<void> Vault::check(const state::NodeRow& node) {
  for (const std::string& name : node.secrets) {
    const auto value = read(state::secret_handle(node, name));
    if (!value) return base::fail(value.error());
  }
  return {};
}

base::Result<bool> Vault::opens(const std::string& handle, const host::SealingKey& key) {
  const auto sealed = store_.find_secret(handle);
  if (!sealed) return base::fail(sealed.error());
  // It was removed, or what it belongs to has other secrets, by now.
  return !*sealed || key.open(handle, (*sealed)->bytes).has_value();
}

base::Result<bool> Vault::opens(const state::NodeRow& node, const host::SealingKey& key) {
  for (const std::string& name : node.secrets) {
    const auto opened = opens(state::secret_handle(node, name), key);
    if (!opened || !*opened) return opened;
  }
  return true;
}

}  // namespace paynamed::nodes
