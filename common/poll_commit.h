/*
 * poll_commit - commit a state of wb-event poll from outside: what its last poll left becomes what
 * is committed, if it is whole and follows from that.
 */
#ifndef WB_POLL_COMMIT_H
#define WB_POLL_COMMIT_H

/**
 * poll_commit(name, run):
 * Commit the state ${name}, as state_file_commit does. A FILE.next that is damaged, of another
 * registry than FILE, does not follow from it, or is not of the run ${run} (NULL: of any) is
 * refused, and nothing changes. Returns EXIT_DONE, or another exit status after a message.
 */
int poll_commit(const char *name, const char *run);

#endif
