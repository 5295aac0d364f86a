/* timing/secrets.c -- does what a secret is decide where isakmp__pkcs1_open() goes, or what memory it
 * touches?  For valgrind: the block and the octets in its place are declared undefined, and it reports
 * every jump and every address that depends on what is undefined.
 *
 *     secrets ours        must run without a report
 *     secrets branching   has jumps that depend on the block, and must be reported
 *     secrets indexing    has addresses that do, and must be reported
 *
 * Ends with 1 if the result is wrong, and with 2 without valgrind, which alone can see anything here. */
#include <stdio.h>
#include <valgrind/memcheck.h>
#include "crypto/keys.h"
#include "timing/blocks.h"

static uint64_t state = 3218;

/* One block of a kind; 1: what came out is right. */
static int check(opener *open, int kind, size_t block_n)
{
    uint8_t block[MOST_BLOCK], copy[MOST_BLOCK], out[MOST_BLOCK], other[OTHER_N];
    size_t n = 0, most = most_of(block_n), message_n = make_block(&state, kind, block, block_n);
    isakmp_span want = isakmp__span(other, sizeof other);
    memcpy(copy, block, block_n);
    fill_random(&state, other, sizeof other);
    VALGRIND_MAKE_MEM_UNDEFINED(block, block_n);
    VALGRIND_MAKE_MEM_UNDEFINED(other, sizeof other);
    open(block, block_n, LEAST, most, want, out, &n);
    VALGRIND_MAKE_MEM_DEFINED(other, sizeof other);
    VALGRIND_MAKE_MEM_DEFINED(out, most);
    VALGRIND_MAKE_MEM_DEFINED(&n, sizeof n);
    if (kind == GOOD)
        want = isakmp__span(copy + block_n - message_n, message_n);
    return isakmp__span_equal(want, isakmp__span(out, n));
}

static int usage(void)
{
    fprintf(stderr, "usage: valgrind --error-exitcode=9 secrets ours|branching|indexing\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *name = argc == 2 ? argv[1] : "";
    int ours = strcmp(name, "ours") == 0, branching = strcmp(name, "branching") == 0;
    opener *open = ours ? isakmp__pkcs1_open : branching ? open_branching : open_indexing;
    int right = 1;
    if (!RUNNING_ON_VALGRIND || (!ours && !branching && strcmp(name, "indexing") != 0))
        return usage();
    for (unsigned round = 0; round < 50; round++)
        for (int kind = 0; kind < N_KINDS; kind++)
            right = check(open, kind, round % 2 ? 128 : 256) && right;
    return ours && !right;
}
