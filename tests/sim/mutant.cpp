// Which mistake of mutants.py is on: SKEIN_MUTANT. Linked into skein-sim-mutants only.
#include <cstdlib>

bool skeinMutant(int number)
{
    static const int on = [] {
        const char* text = std::getenv("SKEIN_MUTANT");
        return text ? std::atoi(text) : 0;
    }();
    return number == on;
}
