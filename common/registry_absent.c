/*
 * What is not there, or not to be seen, in words: see registry_reading.h.
 */
#include "diag.h"
#include "registry_reading.h"
#include "wandb_answer.h"

void
reading_no_project(struct reading *rd, const struct task *task)
{
	struct task *ask;

	if (rd->scope->organization.len > 0) {
		/* Deleted since it was listed, or hidden; the others are there all the same. */
		diag("%s: the registry %.*s/%.*s was listed and is not there, or the key may not see it: it is passed over",
			graphql_base_url(rd->g), (int)task->entity.len, task->entity.p,
			(int)task->project.len, task->project.p);
		return;
	}
	if ((ask = reading_new_task(rd, TASK_ENTITY)) == NULL)
		return;
	ask->entity = task->entity;
	ask->project = task->project;
	reading_send(rd, ask);
}

bool
reading_take_entity(struct reading *rd, const struct task *task, struct answer *a)
{
	bool is_there;

	if (!wandb_answer_entity_is_there(a, &is_there))
		return false;
	if (is_there)
		reading_fail(rd, REGISTRY_FAILED,
			"there is no project %.*s/%.*s, or the key may not see it; there is an entity %.*s",
			(int)task->entity.len, task->entity.p, (int)task->project.len,
			task->project.p, (int)task->entity.len, task->entity.p);
	else
		reading_fail(rd, REGISTRY_FAILED,
			"there is no entity %.*s, or the key may not see it", (int)task->entity.len,
			task->entity.p);
	return true;
}

void
reading_no_registries(struct reading *rd, bool has_organization)
{
	const struct text *name = &rd->scope->organization;

	reading_fail(rd, REGISTRY_FAILED,
		has_organization
			? "the organization %.*s has no registries, or the key may not see them"
			: "there is no organization %.*s, or the key may not see it",
		(int)name->len, name->p);
}
