#include "server/service/passwords.h"

#include <sodium.h>

namespace skein::server
{

Result<std::string> hashPassword(std::string_view password, PasswordCost cost)
{
    if (password.size() < kPasswordBytesMin || password.size() > kPasswordBytesMax)
        return fail(ErrorCode::BadField, "password");
    std::string hash(crypto_pwhash_STRBYTES, '\0');
    if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), cost.ops,
                              cost.memoryBytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ErrorCode::ServerBusy, "no memory for a password hash");
    hash.resize(hash.find('\0'));
    return hash;
}

bool passwordMatches(std::string_view password, const std::string& hash, PasswordCost cost)
{
    if (password.size() > kPasswordBytesMax)
        return false;
    if (hash.empty()) {
        // Equal time for a name that nobody has.
        std::string spent(crypto_pwhash_STRBYTES, '\0');
        const int hashed =
            crypto_pwhash_str_alg(spent.data(), password.data(), password.size(), cost.ops,
                                  cost.memoryBytes, crypto_pwhash_ALG_ARGON2ID13);
        static_cast<void>(hashed);
        return false;
    }
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

} // namespace skein::server
