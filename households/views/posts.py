from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.models import Membership
from communities.roles import POST_HOLDERS
from households.forms.posts import PostForm
from households.models import Post


def post_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and add the stairwells that a captain or an information volunteer looks after."""
    membership = get_object_or_404(
        Membership.objects.editable_by(request.user)
        .filter(role__in=POST_HOLDERS)
        .select_related("user", "grid__community"),
        pk=pk,
    )
    form = PostForm(request.POST or None, membership=membership, user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Stairwell added."))
        return redirect("households:post_list", pk=membership.pk)
    posts = membership.posts.select_related("building").order_by(
        "building__walk_order", "building", "unit"
    )
    return TemplateResponse(
        request,
        "households/post_list.html",
        {"membership": membership, "posts": posts, "form": form},
    )


@require_POST
def post_remove(request: HttpRequest, pk: int) -> HttpResponse:
    post = get_object_or_404(
        Post.objects.editable_by(request.user).filter(
            membership__in=Membership.objects.editable_by(request.user)
        ),
        pk=pk,
    )
    post.delete()
    messages.success(request, _("Stairwell removed."))
    return redirect("households:post_list", pk=post.membership_id)
